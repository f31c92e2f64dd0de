// The camera runs only between start() and stop(). Its picture is never shown; frames go to this machine's own edge.

const FRAME_WIDTH = 640;
const PHOTO_WIDTH = 1280;
const PAUSE_MS = 120; // at most about 8 frames a second
const QUICK_MS = 40; // a moving head is followed more closely

const end = (stream) => stream?.getTracks().forEach((track) => track.stop());

export class Camera {
  #video;
  #stream = null;
  #socket = null;
  #timer = 0;
  #pause = PAUSE_MS;
  #run = 0; // what a former run still has under way is not heard any more

  constructor(video) {
    this.#video = video;
  }

  /**
   * Open camera and socket; tells `on` when it runs, `answered` each reply, `failed` the problem that ended it.
   * A picture that `answered` gives back is sent next, as it is. `first` is a text that goes before all pictures.
   */
  async start(query, { first, on, answered, failed }) {
    this.stop();
    this.#pause = query.mode === "identify" || query.mode === "enrol" ? PAUSE_MS : QUICK_MS;
    const mine = this.#run;
    const fail = (problem) => {
      if (mine !== this.#run) return;
      this.stop();
      failed(problem);
    };
    let stream;
    try {
      stream = await open();
    } catch (error) {
      return fail({ code: error?.name === "NotAllowedError" ? "camera-denied" : "camera-missing" });
    }
    if (mine !== this.#run) return end(stream); // stopped while the browser was asking for permission
    this.#stream = stream;
    this.#video.srcObject = stream;
    for (const track of stream.getTracks()) track.onended = () => fail({ code: "camera-missing" });
    await this.#video.play().catch(() => fail({ code: "camera-missing" }));
    if (mine !== this.#run) return;
    on();
    this.#talk(query, first, answered, fail);
  }

  /** One picture for enrolment, as large as the camera gives. */
  photo() {
    return this.#jpeg(PHOTO_WIDTH, 0.9);
  }

  stop() {
    this.#run += 1;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
    end(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
  }

  #talk(query, first, answered, fail) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/v1/edge/camera?${new URLSearchParams(query)}`);
    this.#socket = socket;
    socket.onopen = () => {
      if (first) socket.send(first);
      this.#send(socket);
    };
    socket.onmessage = async (message) => {
      if (socket !== this.#socket) return;
      const reply = JSON.parse(message.data);
      if (reply.problem) return fail(reply.problem);
      const next = await answered(reply);
      next && socket === this.#socket ? socket.send(next) : this.#sendSoon(socket);
    };
    socket.onclose = () => fail({ code: "offline" });
  }

  #sendSoon(socket) {
    if (socket === this.#socket) this.#timer = setTimeout(() => this.#send(socket), this.#pause);
  }

  async #send(socket) {
    const frame = await this.#jpeg(FRAME_WIDTH, 0.8);
    if (socket !== this.#socket || socket.readyState !== WebSocket.OPEN) return;
    frame ? socket.send(frame) : this.#sendSoon(socket);
  }

  /** Null until the camera has given its first picture. */
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

function open() {
  if (!navigator.mediaDevices) throw { name: "NotFoundError" }; // no HTTPS and not this machine: the browser has none
  return navigator.mediaDevices.getUserMedia({
    video: { facingMode: "user", width: { ideal: PHOTO_WIDTH } },
    audio: false,
  });
}
