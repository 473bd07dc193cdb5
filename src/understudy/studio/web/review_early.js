// Ask for the faces while the page's scripts are still on their way.
(() => {
  const asked = new Map();
  const ask = (address) => asked.set(address, fetch(address));
  ask("/api/review");
  const faceset = new URLSearchParams(location.search).get("faceset");
  if (faceset && /^[0-9a-f]+$/.test(faceset)) ask(`/api/review/${faceset}/faces`);
  window.understudyEarly = {
    /** The answer that was asked for, once. */
    take(address) {
      const answer = asked.get(address);
      asked.delete(address);
      return answer;
    },
  };
})();
