// A video, a picture or a sound with its shape, as pages show them.
import { h } from "/web/studio.js";

/** A figure that plays or shows a file. `sound` is the address of a picture of what a sound is like. */
export function shown({ medium, caption, source, sound, id = null, muted = false }) {
  const figure = h("figure", { class: medium });
  if (medium === "picture") figure.append(h("img", { src: source, alt: caption, id }));
  else if (medium === "video") figure.append(h("video", { src: source, id, controls: !muted, loop: true, playsinline: true, preload: "metadata", "aria-label": caption }));
  else figure.append(...player(source, sound, caption, id));
  figure.append(h("figcaption", {}, caption));
  const video = figure.querySelector("video");
  if (video) video.muted = muted;
  video?.addEventListener("error", () => video.replaceWith(h("p", { class: "soft" }, "This browser cannot play it.")));
  return figure;
}

/** A sound, and its picture with a line where it plays; a click there plays from there on. */
export function player(source, picture, caption, id = null) {
  const audio = h("audio", { src: source, id, controls: true, preload: "metadata", "aria-label": caption });
  const line = h("span", { class: "now" });
  const shape = h("div", { class: "shape" },
    h("img", { src: picture, alt: `How loud “${caption}” is over its time, and what is heard in it`, loading: "lazy" }), line);
  const follow = () => {
    line.style.left = `${100 * audio.currentTime / (audio.duration || 1)}%`;
    if (!audio.paused) requestAnimationFrame(follow);
  };
  audio.addEventListener("play", follow);
  audio.addEventListener("seeked", follow);
  shape.addEventListener("click", (event) => {
    const box = shape.getBoundingClientRect();
    audio.currentTime = (event.clientX - box.left) / box.width * (audio.duration || 0);
    audio.play();
  });
  return [shape, audio];
}

/** Let two videos play together; the second one has no sound. Either may be something else: then nothing is done. */
export function together(made, before) {
  const output = made?.querySelector("video"), target = before?.querySelector("video");
  if (!output || !target) return;
  const follow = () => { if (Math.abs(target.currentTime - output.currentTime) > 0.08) target.currentTime = output.currentTime; };
  output.addEventListener("play", () => { follow(); target.play().catch(() => {}); });
  output.addEventListener("pause", () => { target.pause(); follow(); });
  output.addEventListener("seeked", follow);
  output.addEventListener("ratechange", () => { target.playbackRate = output.playbackRate; });
  output.addEventListener("timeupdate", () => { if (!output.seeking) follow(); });
}
