import {pageName} from '../errors.ts'
import type {Tint} from './tint.ts'
import {columnsOf, wrapped} from './wrap.ts'

const WIDTH = 100

/** A page of the documentation for a terminal: headings stand out, commands too, tables become lists, links say what to type. */
export function pageText(markdown: string, tint: Tint, width = WIDTH): string {
  return blocksOf(markdown)
    .map((block) => shown(block, tint, width))
    .join('\n\n')
}

/** The part of a page under a heading, up to the next of that level or above; undefined where it has none. */
export function partOf(markdown: string, heading: string): string | undefined {
  const parts = markdown.split(/^(?=## )/m)
  return parts.find((part) => part.startsWith(`## ${heading}\n`))?.trim()
}

/** Paragraphs, list entries, tables and fenced blocks; in a fence an empty line ends nothing. */
function blocksOf(markdown: string): string[] {
  const found = markdown.matchAll(/^```.*\n[^]*?^```$|^(?:- |\d+\. )?(?:(?!```|- |\d+\. ).+\n?)+/gm)
  return [...found].map(([block]) => block.trimEnd())
}

function shown(block: string, tint: Tint, width: number): string {
  const [first = ''] = block.split('\n')
  if (first.startsWith('```')) return fenced(block, tint)
  if (first.startsWith('#')) return tint.strong(spoken(block.replace(/^#+ /, '')))
  if (first.startsWith('|')) return listed(block, width)
  const [mark = ''] = /^(?:- |\d+\. )?/.exec(first) ?? []
  return wrapped(spoken(block.replaceAll(/\n\s*/g, ' ')), width, mark.length)
}

function fenced(block: string, tint: Tint): string {
  const [fence = '', ...lines] = block.split('\n')
  const typed = /^```(?:sh|console)/.test(fence)
  return lines
    .slice(0, -1)
    .map((line) => (line === '' ? '' : `  ${typed ? tint.command(line) : tint.dim(line)}`))
    .join('\n')
}

/** A table as a list: its first column, and below it the others, under their headings where there are several. */
function listed(block: string, width: number): string {
  const [head = [], , ...rows] = block.split('\n').map(cellsOf)
  return rows
    .map(([term = '', ...cells]) => {
      const named = cells.map((cell, at) =>
        cell && cells.length > 1 && head[at + 1] ? `${head[at + 1]}: ${cell}` : cell,
      )
      const said = named.filter((cell) => cell !== '')
      const inline = `  ${term}: ${said.join('; ')}`
      if (columnsOf(inline) <= width) return inline
      return [`  ${term}`, ...said.map((cell) => wrapped(`      ${cell}`, width))].join('\n')
    })
    .join('\n')
}

function cellsOf(row: string): string[] {
  const cells = row.replaceAll(/^\||\|$/g, '').split(/(?<!\\)\|/)
  return cells.map((cell) => spoken(cell.trim().replaceAll(String.raw`\|`, '|')))
}

/** Words without the marks of Markdown; a link to another page is what prints that page. */
function spoken(text: string): string {
  return text
    .replaceAll(/<a id="[^"]*"><\/a>/g, '')
    .replaceAll(/\*\*(.+?)\*\*/g, '$1')
    .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, (_, words: string, target: string) => linked(words, target))
}

function linked(words: string, target: string): string {
  if (/^https?:/.test(target)) return words === target ? target : `${words} (${target})`
  if (!/^(?:\.\.\/)?(?:runbooks\/)?[\w-]+\.md/.test(target)) return words
  const name = pageName(target.replace('runbooks/README', 'runbooks'))
  return words === name ? `patrol help ${name}` : `${words} (patrol help ${name})`
}
