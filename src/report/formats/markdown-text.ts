import {visible} from '../../visible.ts'
import {count} from './words.ts'

/** GitHub drops a step summary above 1 MiB altogether, so the list ends before, and says so. */
const LIMIT = 900 * 1024

/** Text that Markdown takes for nothing but text: no tag, link, image, mention, table cell or emphasis. */
export function md(text: string): string {
  return (
    visible(text)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll(/[\\`*_{}[\]#+!|~$]/g, String.raw`\$&`)
      // A word joiner keeps addresses and @names from becoming links.
      .replaceAll(/:(?=\/\/)|\bwww(?=\.)/gi, '$&\u2060')
      .replaceAll(/@(?=\w)/g, '\u2060@\u2060')
  )
}

/** A code span of a table's cell: the fence is longer than any inside, and only `|` needs escaping. */
export function code(text: string): string {
  const clean = visible(text).replaceAll('|', String.raw`\|`)
  const longest = Math.max(0, ...[...clean.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest > 0 ? `${fence} ${clean} ${fence}` : `${fence}${clean}${fence}`
}

/** A table of GitHub's Markdown; cells are Markdown already. */
export function table(titles: readonly string[], body: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [row(titles), row(titles.map(() => '---')), ...body.map(row)].join('\n')
}

/** As many sections as a step summary can hold, and how many are left out. */
export function withinLimit(sections: readonly string[]): string {
  const kept: string[] = []
  let size = 0
  for (const each of sections) {
    size += Buffer.byteLength(each) + 1
    if (size > LIMIT) {
      kept.push(
        `…and ${count(sections.length - kept.length, 'section')} more: too long for one page, see the JSON report.`,
      )
      break
    }
    kept.push(each)
  }
  return kept.map((each) => `\n${each}`).join('')
}
