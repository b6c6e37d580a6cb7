/** A bound body: typed reads of fields that binding has already checked. Absent fields are undefined or empty. */
export class Form {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>> = {}) {
    this.#values = values
  }

  text(key: string): string | undefined {
    const value = this.#values[key]
    return typeof value === 'string' ? value : undefined
  }

  flag(key: string): boolean | undefined {
    const value = this.#values[key]
    return typeof value === 'boolean' ? value : undefined
  }

  number(key: string): number {
    const value = this.#values[key]
    return typeof value === 'number' ? value : 0
  }

  /** The elements of a list; a null among strings is an empty string, as in Go. */
  texts(key: string): string[] {
    return this.#list(key).map((each) => (typeof each === 'string' ? each : ''))
  }

  numbers(key: string): number[] {
    return this.#list(key).map(Number)
  }

  /** The elements of a list of objects, each as a form of its own; undefined where there is no list. */
  records(key: string): Form[] | undefined {
    if (!Array.isArray(this.#values[key])) return undefined
    return this.#list(key).map((each) => new Form(typeof each === 'object' && each !== null ? {...each} : {}))
  }

  /** How many elements a list has. */
  count(key: string): number {
    return this.#list(key).length
  }

  #list(key: string): unknown[] {
    const value = this.#values[key]
    return Array.isArray(value) ? value : []
  }
}
