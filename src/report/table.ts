import {stripVTControlCharacters} from 'node:util'
import {redacted} from '../secret.ts'
import {columnsOf, headOf, padTo} from './wrap.ts'

/** A column: its heading, and whether it may be cut when the terminal is narrow. */
export interface Column {
  title: string
  cut?: boolean
}

const GAP = 2
const NARROWEST = 8

/**
 * Rows under headings, padded to the widest cell. With `width` the columns that may be cut share what is missing;
 * without (off a terminal) nothing is cut. Cells may be coloured.
 */
export function table(columns: readonly Column[], data: readonly (readonly string[])[], width?: number): string {
  // Before a cell is cut, for half a secret is not found any more.
  const rows = redacted(data)
  const wanted = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => columnsOf(row[index] ?? ''))),
  )
  const widths = width === undefined ? wanted : fit(columns, wanted, width)
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => fitted(cell, widths[index]!))
      .join(' '.repeat(GAP))
      .trimEnd()
  return [line(columns.map((column) => column.title)), ...rows.map(line)].join('\n')
}

/** Takes from the widest column that may be cut, until the line fits or nothing is left to take. */
function fit(columns: readonly Column[], wanted: readonly number[], width: number): number[] {
  const widths = [...wanted]
  let excess = widths.reduce((sum, each) => sum + each, 0) + GAP * (widths.length - 1) - width
  while (excess > 0) {
    const widest = widths
      .map((each, index) => ({each, index}))
      .filter(({each, index}) => columns[index]?.cut && each > NARROWEST)
      .toSorted((a, b) => b.each - a.each)[0]
    if (!widest) break
    widths[widest.index] = widest.each - 1
    excess--
  }
  return widths
}

function fitted(cell: string, width: number): string {
  return padTo(columnsOf(cell) > width ? `${headOf(stripVTControlCharacters(cell), width - 1)}…` : cell, width)
}
