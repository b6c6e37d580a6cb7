/** How much of a form it is looked up by. */
const KEY = 8
const PAGE = 2 ** 16
const FIRST_SLOTS = 256
/** The rolling hash of a window: each step multiplies by this, modulo 2^32. */
const BASE = 0x0100_0193
const OUTGOING = power(BASE, KEY - 1)
const SPREAD = 0x9e37_79b1
/** Before each value: its length in bytes, doubled, and whether it takes two bytes for a character. */
const PREFIX = 4

/**
 * Every secret value of this process, once each, outside the heap and without a way to list them. Of a value some 45
 * bytes and a few slots of a table are kept, however many forms of it there are: what a text holds is looked up by the
 * start of a form, and the forms are made again from the value for the comparison. So a fleet's worth costs little, and
 * nothing has to be forgotten.
 */
export class Known {
  readonly #formsOf: (value: string) => readonly string[]
  readonly #pages: Buffer[] = []
  /** Where the next value goes in the last page. */
  #end = PAGE
  /** By open addressing: the hash of a form's start, and its value's place, plus one; 0 is free. */
  #hashes = new Uint32Array(FIRST_SLOTS)
  #places = new Uint32Array(FIRST_SLOTS)
  #taken = 0

  /** `formsOf` gives the ways in which a value can appear in a text, each at least as long as what it is looked up by. */
  constructor(formsOf: (value: string) => readonly string[]) {
    this.#formsOf = formsOf
  }

  /** Keeps a value and returns its place; the same for the same value. */
  keep(value: string): number {
    const known = this.#candidates(hashAt(value, 0)).find((place) => this.valueAt(place) === value)
    return known ?? this.#store(value)
  }

  valueAt(place: number): string {
    const page = this.#pages[Math.floor(place / PAGE)]!
    const at = place % PAGE
    const prefix = page.readUInt32LE(at)
    const end = at + PREFIX + (prefix >>> 1)
    return page.toString(prefix & 1 ? 'utf16le' : 'latin1', at + PREFIX, end)
  }

  /** From now on the value is found in texts. */
  watch(place: number): void {
    for (const form of this.#formsOf(this.valueAt(place))) this.#enter(hashAt(form, 0), place)
  }

  /** The text with every form of every watched value replaced; of forms that begin at one place, the longest. */
  without(text: string, instead: string): string {
    let clean = ''
    let copied = 0
    let hash = hashAt(text, 0)
    for (let at = 0; this.#taken > 0 && at + KEY <= text.length;) {
      const found = this.#longestAt(text, at, hash)
      if (found === 0) {
        hash = Math.imul(hash - Math.imul(text.charCodeAt(at), OUTGOING), BASE) + text.charCodeAt(at + KEY)
        at++
        continue
      }
      clean += text.slice(copied, at) + instead
      copied = at += found
      hash = hashAt(text, at)
    }
    return clean + text.slice(copied)
  }

  #longestAt(text: string, at: number, hash: number): number {
    let longest = 0
    for (const place of this.#candidates(hash)) {
      for (const form of this.#formsOf(this.valueAt(place))) {
        if (form.length > longest && text.startsWith(form, at)) longest = form.length
      }
    }
    return longest
  }

  #candidates(hash: number): number[] {
    const mask = this.#hashes.length - 1
    const wanted = hash >>> 0
    const places: number[] = []
    for (let slot = slotOf(wanted, mask); this.#places[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] === wanted) places.push(this.#places[slot]! - 1)
    }
    return places
  }

  #store(value: string): number {
    const wide = /[^\0-\xff]/.test(value)
    const bytes = Buffer.from(value, wide ? 'utf16le' : 'latin1')
    const size = PREFIX + bytes.length
    if (this.#end + size > PAGE) {
      this.#pages.push(Buffer.alloc(Math.max(PAGE, size)))
      this.#end = 0
    }
    const page = this.#pages.at(-1)!
    page.writeUInt32LE(bytes.length * 2 + Number(wide), this.#end)
    bytes.copy(page, this.#end + PREFIX)
    const place = (this.#pages.length - 1) * PAGE + this.#end
    this.#end += size
    return place
  }

  #enter(hash: number, place: number): void {
    if (this.#candidates(hash).includes(place)) return
    // Above this, looking up what is not there takes too many steps.
    if (this.#taken >= this.#hashes.length * 0.7) this.#grow()
    this.#put(hash >>> 0, place + 1)
    this.#taken++
  }

  #grow(): void {
    const [hashes, places] = [this.#hashes, this.#places]
    this.#hashes = new Uint32Array(hashes.length * 2)
    this.#places = new Uint32Array(hashes.length * 2)
    for (const [slot, place] of places.entries()) if (place !== 0) this.#put(hashes[slot]!, place)
  }

  #put(hash: number, entry: number): void {
    const mask = this.#hashes.length - 1
    let slot = slotOf(hash, mask)
    while (this.#places[slot] !== 0) slot = (slot + 1) & mask
    this.#hashes[slot] = hash
    this.#places[slot] = entry
  }
}

/** The hash of the window that begins here; what is missing of it counts as nothing. */
function hashAt(text: string, at: number): number {
  let hash = 0
  for (let step = 0; step < KEY; step++) hash = Math.imul(hash, BASE) + (text.charCodeAt(at + step) || 0)
  return hash | 0
}

function slotOf(hash: number, mask: number): number {
  return (Math.imul(hash, SPREAD) >>> 7) & mask
}

function power(base: number, exponent: number): number {
  let result = 1
  for (let step = 0; step < exponent; step++) result = Math.imul(result, base)
  return result
}
