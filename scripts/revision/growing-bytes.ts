/** Bytes one after the other, in memory that grows as needed and is reused: Node frees separate allocations late. */
export class GrowingBytes {
  #memory: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(memory = new ArrayBuffer(0)) {
    this.#memory = new Uint8Array(memory);
  }

  get length(): number {
    return this.#length;
  }

  /** All that it is kept in: the bytes that were added, and room for more. */
  get memory(): ArrayBuffer {
    return this.#memory.buffer;
  }

  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#memory.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#memory.subarray(0, this.#length));
      this.#memory = larger;
    }
    this.#memory.set(bytes, this.#length);
    this.#length = length;
  }

  /** The bytes that were added since the last time; what is added next overwrites them. */
  take(): Uint8Array {
    const taken = this.#memory.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }
}
