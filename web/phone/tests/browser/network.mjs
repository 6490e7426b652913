// The way between phone and server, which a scenario cuts, slows or has answered by somebody else.
import { connect, createServer } from "node:net";

const PORTAL = "<!doctype html><title>Welcome</title><h1>Accept our terms to use this network</h1>";

/** A relay on loopback whose address stays the same whatever becomes of the way behind it. */
export class Way {
  /**
   * "open", "cut" (nothing gets through), "portal" (somebody else answers 200), "deaf" (answers never arrive) or
   * "app-only" (the app's files get through, the API does not).
   */
  state = "open";
  requests = 0;
  #sockets = new Set();
  #server;

  constructor(target) {
    this.target = new URL(target);
  }

  async listen() {
    this.#server = createServer((phone) => this.#relay(phone));
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.base = `http://127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  /** Changes the state; what is under way is cut. */
  set(state) {
    this.state = state;
    for (const socket of this.#sockets) socket.destroy();
  }

  close() {
    this.set("cut");
    this.#server.close();
  }

  #relay(phone) {
    this.#sockets.add(phone);
    phone.on("close", () => this.#sockets.delete(phone));
    phone.on("error", () => phone.destroy());
    if (this.state === "cut") return phone.destroy();
    if (this.state === "portal") {
      phone.on("data", () => {
        this.requests += 1;
        phone.end(
          `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${PORTAL.length}\r\nconnection: close\r\n\r\n${PORTAL}`,
        );
      });
      return;
    }
    const server = connect(Number(this.target.port), this.target.hostname);
    this.#sockets.add(server);
    server.on("close", () => {
      this.#sockets.delete(server);
      phone.destroy();
    });
    server.on("error", () => phone.destroy());
    phone.on("close", () => server.destroy());
    phone.on("data", (data) => {
      this.requests += 1;
      const asked = /^[A-Z]+ (\S+) HTTP/.exec(data.subarray(0, 300).toString("latin1"))?.[1];
      if (this.state === "app-only" && asked && !asked.startsWith("/app")) phone.destroy();
      else server.write(data);
    });
    server.on("data", (data) => {
      if (this.state === "deaf") phone.destroy();
      else phone.write(data);
    });
  }
}
