import {readFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {readPasted} from '../../../src/infer/pasted.ts'
import {decidedBy, statusSaid} from '../../../src/scopes/explain-advice.ts'

interface Label {
  text: string
  by: string
  says: string
}

const LIST = resolve(import.meta.dirname, '../../corpus/explain/statuses.yaml')
const {told, quiet}: {told: Label[]; quiet: string[]} = parse(readFileSync(LIST, 'utf8'))

describe('the status beside a call', () => {
  test.each(told)('$text', async ({text, by, says}) => {
    const asked = (await readPasted(text))!
    expect(decidedBy(asked)).toBe(by)
    expect(statusSaid(asked)?.means).toContain(says)
  })

  test.each(quiet)('"%s" blames nobody', async (text) => {
    const asked = (await readPasted(text))!
    expect([decidedBy(asked), statusSaid(asked)]).toEqual(['scope', undefined])
  })
})
