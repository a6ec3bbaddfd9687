// The images of a block: fetched with the token, decoded before any is shown, held until the next block.

const AT_ONCE = 4;
const TRIES = 3;

export function gallery(connection) {
  let block = null;
  let loading = null;
  let held = new Map();

  async function decoded(id) {
    for (let tries = 1; ; tries += 1) {
      const url = URL.createObjectURL(await connection.bytes(`api/images/${encodeURIComponent(id)}`));
      const image = new Image();
      image.src = url;
      try {
        await image.decode();
        return image;
      } catch {
        URL.revokeObjectURL(url);
        if (tries === TRIES) throw new Error("An image of this experiment cannot be shown by this browser.");
      }
    }
  }

  async function load(number, progress) {
    for (const image of held.values()) URL.revokeObjectURL(image.src);
    held = new Map();
    const { images } = await connection.get(`api/blocks/${number}`);
    const waiting = [...images];
    progress(0, images.length);
    const worker = async () => {
      while (waiting.length) {
        const id = waiting.shift();
        held.set(id, await decoded(id));
        progress(held.size, images.length);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  return {
    // Begin to fetch a block, once; the promise is fulfilled when all its images can be shown.
    block(number, progress = () => {}) {
      if (number !== block) {
        block = number;
        loading = load(number, progress);
        loading.catch(() => {
          block = null; // so that it can be asked for again
        });
      }
      return loading;
    },
    image: (id) => held.get(id),
  };
}
