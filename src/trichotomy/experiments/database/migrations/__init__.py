"""Steps from one version of the tables to the next; run when a database is opened."""
