/** What a renderer may do to words: colour by meaning. The terminal's palette has this shape, and so has no colour. */
export interface Tint {
  good(text: string): string
  bad(text: string): string
  warn(text: string): string
  dim(text: string): string
  strong(text: string): string
  command(text: string): string
}
