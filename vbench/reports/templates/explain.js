"use strict";
{
  const video = document.querySelector("video");
  const rate = Number(video.dataset.rate), last = Math.max(1, Number(video.dataset.count) - 1);
  const heads = document.querySelectorAll(".head"), shown = document.querySelector("output");
  const seek = frame => { video.pause(); video.currentTime = (frame + 0.5) / rate; };
  const move = () => {
    const frame = Math.min(last, Math.floor(video.currentTime * rate + 1e-6));
    for (const head of heads) head.style.left = `${100 * frame / last}%`;
    shown.ariaLive = video.paused ? "polite" : "off";  // each frame of a video that plays is not read out
    shown.textContent = `frame ${frame}, ${(frame / rate).toFixed(2)} s`;
    if (!video.paused) requestAnimationFrame(move);
  };
  for (const name of ["play", "seeked", "pause", "loadeddata"]) video.addEventListener(name, move);
  for (const curve of document.querySelectorAll(".curve"))
    curve.addEventListener("click", event => {
      const box = curve.getBoundingClientRect();
      seek(Math.round(last * (event.clientX - box.left) / box.width));
    });
  for (const button of document.querySelectorAll("button[data-frame]"))
    button.addEventListener("click", () => seek(Number(button.dataset.frame)));
}
