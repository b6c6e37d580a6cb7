import {globSync, readFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {HEX, lineAndRule, linted, word} from './linting.ts'

/** One made-up file of the kinds that people have, and what is to be found in it. */
interface Member {
  file: string
  text: string
  want: string[]
  /** Words of what is found and of its cure. */
  says?: string[]
  /** Words of what is said of parts that were not read. */
  unread?: string[]
}

const corpus = join(import.meta.dirname, '../../corpus/lint/field')

/** The corpus holds no token: one is put in where `@HEX@` stands, or `@WORD:36@`; and what stands in `@BASE64:…@` is packed. */
function membersOf(family: string): Member[] {
  const source = readFileSync(join(corpus, family), 'utf8')
    .replaceAll('@HEX@', HEX)
    .replaceAll(/@WORD:(\d+)@/g, (_, length: string) => word(Number(length)))
    .replaceAll(/@BASE64:([^@]*)@/g, (_, plain: string) =>
      Buffer.from(plain.replaceAll(/\n */g, '\n')).toString('base64'),
    )
  const members: Member[] = parse(source)
  return members
}

describe.each(globSync('*.yaml', {cwd: corpus}).map((file) => basename(file)))('%s', (family) => {
  const members = membersOf(family)

  test('has eight members or more, some of which are quiet', () => {
    expect(members.length).toBeGreaterThanOrEqual(8)
    expect(members.some(({want}) => want.length === 0)).toBe(true)
  })

  test.each(members.map((member) => [member.file, member] as const))(
    '%s',
    async (file, {text, want, says = [], unread = []}) => {
      const {result} = await linted(file, text)
      const counted = result.findings.filter(({severity}) => severity !== 'low')
      expect(counted.map(lineAndRule).toSorted()).toEqual(want.toSorted())
      expect(result.unread).toEqual(
        unread.map((words) => expect.objectContaining({reason: expect.stringContaining(words)})),
      )
      const said = counted.map(({message, fix}) => `${message} ${fix}`).join('\n')
      for (const words of says) expect(said).toContain(words)
    },
  )
})
