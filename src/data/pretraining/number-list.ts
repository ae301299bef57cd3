/** A list of whole numbers from 0 to 2^53 that grows, in a typed array. */
export class NumberList {
  #values = new Float64Array(1024)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#length++] = value
  }

  /** The numbers as 32-bit integers where they fit, else as doubles. @param largest none is larger */
  toOffsets(largest: number): Uint32Array | Float64Array {
    const values = this.#values.subarray(0, this.#length)
    return largest < 2 ** 32 ? Uint32Array.from(values) : values.slice()
  }

  /** The numbers as 32-bit integers. */
  toUint32(): Uint32Array {
    return Uint32Array.from(this.#values.subarray(0, this.#length))
  }

  /** The numbers as 16-bit integers. */
  toUint16(): Uint16Array {
    return Uint16Array.from(this.#values.subarray(0, this.#length))
  }

  /** The numbers as 8-bit integers. */
  toUint8(): Uint8Array {
    return Uint8Array.from(this.#values.subarray(0, this.#length))
  }
}
