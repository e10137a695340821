// A line to the service that breaks when a test says so: a proxy that the browser is told to use.
import { once } from "node:events";
import http from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";

export class Line {
  #tunnels = new Set();

  /** Opens the line and closes it when the test `t` ends. */
  static async open(t) {
    const line = new Line();
    line.server = http.createServer((asked, answer) => line.#carry(asked, answer));
    line.server.on("connect", (asked, socket) => line.#tunnel(asked, socket));
    line.server.listen(0, "127.0.0.1");
    await once(line.server, "listening");
    t.after(() => {
      line.hangUp();
      line.server.closeAllConnections();
      line.server.close();
    });
    return line;
  }

  /** The option of a browser context that leads it through this line. */
  get device() {
    return { proxy: { server: `http://127.0.0.1:${this.server.address().port}` } };
  }

  /**
   * Breaks at each request whose path ends like this, until it is mended: before the service hears
   * of the request, or after it has answered. `unread` is the answer that the browser never got.
   */
  cut(path, when) {
    this.broken = { path, when };
    this.unread = null;
  }

  /** Ends every open WebSocket and lets none through, until it is mended. */
  hangUp() {
    this.dead = true;
    for (const socket of this.#tunnels) socket.destroy();
  }

  mend() {
    this.broken = null;
    this.dead = false;
  }

  /** A WebSocket is led through a tunnel. */
  #tunnel({ url }, socket) {
    if (this.dead) return socket.destroy();
    const { hostname, port } = new URL(`http://${url}`);
    const service = connect(port, hostname, () => socket.write("HTTP/1.1 200 Connected\r\n\r\n"));
    for (const [end, other] of [[socket, service], [service, socket]]) {
      this.#tunnels.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        this.#tunnels.delete(end);
        other.destroy();
      });
      end.pipe(other);
    }
  }

  async #carry(asked, answer) {
    const broken = this.broken && asked.url.endsWith(this.broken.path);
    if (broken && this.broken.when === "before") return asked.socket.destroy();
    // What is cut off is read by the test, so it must not be compressed.
    const headers = { ...asked.headers, "accept-encoding": "identity" };
    const forwarded = http.request(asked.url, { method: asked.method, headers });
    forwarded.on("error", () => asked.socket.destroy());
    asked.pipe(forwarded);
    const [reply] = await once(forwarded, "response");
    if (broken) {
      this.unread = await text(reply);
      return asked.socket.destroy();
    }
    answer.writeHead(reply.statusCode, reply.rawHeaders);
    reply.pipe(answer);
  }
}
