// The camera runs only between start() and stop(). Its picture is never shown; frames go to this machine's own edge.

const FRAME_WIDTH = 640;
const PHOTO_WIDTH = 1280;
const PAUSE_MS = 120; // at most about 8 frames a second

export class Camera {
  #video;
  #stream = null;
  #socket = null;
  #timer = 0;

  constructor(video) {
    this.#video = video;
  }

  /** Open camera and socket; `answered` is called with each reply. Rejects when there is no camera. */
  async start(placement, mode, answered, failed) {
    this.stop();
    if (!navigator.mediaDevices) throw { code: "camera" };
    const stream = await navigator.mediaDevices
      .getUserMedia({ video: { facingMode: "user", width: { ideal: PHOTO_WIDTH } }, audio: false })
      .catch(() => {
        throw { code: "camera" };
      });
    this.#stream = stream;
    this.#video.srcObject = stream;
    await this.#video.play();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const query = new URLSearchParams({ placement, mode });
    const socket = new WebSocket(`${scheme}://${location.host}/v1/edge/camera?${query}`);
    this.#socket = socket;
    socket.onopen = () => this.#send(socket);
    socket.onmessage = async (message) => {
      const reply = JSON.parse(message.data);
      if (reply.problem) return failed(reply.problem);
      await answered(reply);
      this.#timer = setTimeout(() => this.#send(socket), PAUSE_MS);
    };
    socket.onclose = (event) => {
      if (this.#socket === socket && !event.wasClean) failed({ code: "offline" });
    };
  }

  /** One picture for enrolment, as large as the camera gives. */
  photo() {
    return this.#jpeg(PHOTO_WIDTH, 0.9);
  }

  stop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
  }

  async #send(socket) {
    if (socket !== this.#socket || socket.readyState !== WebSocket.OPEN) return;
    const frame = await this.#jpeg(FRAME_WIDTH, 0.8);
    if (frame && socket === this.#socket && socket.readyState === WebSocket.OPEN) socket.send(frame);
  }

  #jpeg(width, quality) {
    const { videoWidth, videoHeight } = this.#video;
    if (!videoWidth) return Promise.resolve(null);
    const scale = Math.min(1, width / videoWidth);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(videoWidth * scale);
    canvas.height = Math.round(videoHeight * scale);
    canvas.getContext("2d").drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  }
}
