// Lets search work in pages that are opened as files, where browsers allow no workers: the worker's script
// runs in a hidden frame of the page instead. The theme looks for the name `IFrameWorker`.
"use strict";

(() => {
  class IFrameWorker extends EventTarget {
    onmessage = null;

    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.inner = frame.contentWindow;
      this.begun = new Promise((begun) => this.begin(String(url), begun));
    }

    // The frame has the origin of the page, so each can call the other.
    begin(url, begun) {
      const { inner } = this;
      inner.importScripts = (...urls) =>
        urls.reduce((before, each) => before.then(() => this.load(each)), Promise.resolve());
      inner.postMessage = (data) => this.told(data);
      this.load(url).then(begun);
    }

    load(url) {
      return new Promise((loaded, failed) => {
        const script = this.inner.document.createElement("script");
        script.src = url;
        script.onload = loaded;
        script.onerror = () => failed(new Error(`${url} cannot be loaded`));
        this.inner.document.body.append(script);
      });
    }

    told(data) {
      const event = new MessageEvent("message", { data });
      this.dispatchEvent(event);
      this.onmessage?.(event);
    }

    postMessage(data) {
      this.begun.then(() => this.inner.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.inner.frameElement.remove();
    }
  }

  window.IFrameWorker = IFrameWorker;
  if (location.protocol === "file:") window.Worker = IFrameWorker;
})();
