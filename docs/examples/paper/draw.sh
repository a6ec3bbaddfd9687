#!/bin/sh
# Draws the examples of docs/paper.md: sh docs/examples/paper/draw.sh REFERENCE OUT
# REFERENCE holds public predictions (docs/paper.md names them); the studies are trained here, in a few minutes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
reference=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Stores: two studies, the predictions of 67 networks and of four networks on ImageNet
trichotomy study gaussian --recipe quick --keep-states all --out study.zarr
trichotomy study gaussian --recipe "$here/other.toml" --out other.zarr
trichotomy similarity study.zarr --out similarity
trichotomy read "$reference/imagenet-val-67/imnet_val_top5_67.npz" --out all.zarr \
  --map responses=top5 --map targets=y --map observers=names --map items=val_index
trichotomy read "$reference"/imagenet-x/DINO.csv "$reference"/imagenet-x/ResNet50.csv \
  "$reference"/imagenet-x/SimCLR.csv "$reference"/imagenet-x/ViT.csv \
  --targets "$reference/imagenet-x/filename_label.csv" --out four.zarr
cut -d , -f 2 "$reference/imagenet-x/imagenet_1k_classes_to_100_metaclasses.csv" | sed '1s/name/superclass/' > superclasses.csv

python - <<'PYTHON'
import trichotomy as tri

families = "alexnet squeezenet1_1 vgg16 resnet152 densenet121 inceptionv4 xception dpn98 senet154 nasnetalarge mobilenet_v1_tf"
tri.write(tri.select(tri.open("all.zarr").load(), observers=families.split()), "eleven.zarr")
PYTHON

study() { trichotomy figure "$2" "${3:-study.zarr}" --out "$out/$1.png" --force; }
networks() { name=$1; shift; trichotomy figure "$@" --drop 'fv_*' --out "$out/$name.png" --force; }

study 1 tricky
study 2a difficulty
networks 2b difficulty all.zarr --annotations "$reference/label-errors/imagenet_mturk.json"
study 3 conditions
study 4 learning
study 5a conditions-heatmap
trichotomy figure heatmaps-clustered eleven.zarr --tolerance 1 --out "$out/5b.png" --force
trichotomy figure similarity study.zarr --features similarity/features.zarr --out "$out/7.png" --force
for figure in 6:ratings 6b:answers-accuracy 6c:ratings-accuracy; do
  trichotomy figure "${figure#*:}" "$reference/trivial-or-impossible" --out "$out/${figure%%:*}.png" --force
done
study 8 raster
study 9 divergence
networks a9 difficulty-models all.zarr
study 13 accuracy-epochs
trichotomy figure accuracy eleven.zarr --out "$out/14.png" --force
study 15 conditions other.zarr
study 17 changed
study 18 easiest
study 19 hardest
networks 20 classes all.zarr
networks 21 class-difficulty all.zarr
networks 22 label-errors all.zarr --annotations "$reference/label-errors/imagenet_mturk.json"
trichotomy figure superclasses four.zarr --annotations superclasses.csv --order class --out "$out/a12.png" --force
networks a13 ambiguity all.zarr --annotations "$reference/label-errors/real.json" --order file-name

# Small enough for a page
python - "$out" <<'PYTHON'
import sys
from pathlib import Path

from PIL import Image

for path in Path(sys.argv[1]).glob("*.png"):
    image = Image.open(path).convert("RGB")
    image.thumbnail((1100, 1100))
    image.quantize(64).save(path, optimize=True)
PYTHON
