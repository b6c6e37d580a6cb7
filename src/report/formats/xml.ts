import {visible} from '../../visible.ts'

/** ` name="value"` for each of them; text of any kind stays text. */
export function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(visible(String(value)))}"`)
    .join('')
}

/** Lines as the text of an element. */
export function text(lines: readonly string[]): string {
  return lines.map((line) => escaped(visible(line))).join('\n')
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
