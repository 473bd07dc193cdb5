// Work that follows a slider: never two at once, and the last position is never left out.

/** Gives a function that runs `work`; called again meanwhile, it runs once more when that has ended. */
export function latest(work) {
  let isBusy = false;
  let isWaiting = false;
  return async () => {
    isWaiting = true;
    if (isBusy) return;
    isBusy = true;
    try {
      while (isWaiting) {
        isWaiting = false;
        await work(() => isWaiting);
      }
    } finally {
      isBusy = false;
    }
  };
}
