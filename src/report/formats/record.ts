import {visible} from '../../visible.ts'

/** A line of CSV by RFC 4180. */
export function record(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`
}

/** A spreadsheet runs a cell that starts like a formula; a leading apostrophe makes it text. */
function cell(value: string): string {
  const text = visible(value).replace(/^(?=[=+\-@＝＋－＠])/, "'")
  return /[",;\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
