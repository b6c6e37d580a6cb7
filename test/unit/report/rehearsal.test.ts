import {stripVTControlCharacters} from 'node:util'
import {expect, test} from 'vitest'
import {curtainText, rehearsalText} from '../../../src/report/rehearsal.ts'
import {columnsOf} from '../../../src/report/wrap.ts'
import type {Rehearsal, StepReport} from '../../../src/rotation/index.ts'

const plain = (text: string): string => text
const TINT = {good: plain, bad: plain, warn: plain, dim: plain, strong: plain, command: plain}
const SERVER = {url: 'https://git.example.org', version: '1.22.6'}
const step = (changes: Partial<StepReport> = {}): StepReport => ({
  step: 'mint',
  state: 'ok',
  ms: 1234,
  says: 'it is so',
  ...changes,
})
const rehearsal = (changes: Partial<Rehearsal> = {}): Rehearsal => ({
  profile: 'engineer',
  agents: 2,
  agent: 'dev-a',
  user: 'dev-a',
  scopes: ['read:issue'],
  token: null,
  leftover: null,
  earlier: {deleted: [], left: []},
  steps: [step()],
  verdict: 'a rotation could mint',
  exit: 0,
  ...changes,
})
const PROBLEM = step({
  state: 'problem',
  says: 'It may not.',
  suggestions: ['give it more', 'patrol doctor'],
  ref: 'page',
})

test('each step has its mark and its time, and a problem what mends it', () => {
  expect(rehearsalText(rehearsal({steps: [step({state: 'note'}), PROBLEM], exit: 4}), TINT).split('\n')).toEqual([
    '✗ engineer, with dev-a: a rotation could mint.',
    '  ! note     mint        1.23 s  it is so',
    '  ✗ problem  mint        1.23 s  It may not.',
    '             Give it more.',
    '             Type: patrol doctor',
    '             Read: patrol help page',
  ])
})

test('nothing is wider than the terminal but what is one word', () => {
  const text = rehearsalText(rehearsal({steps: [step({says: 'so it is '.repeat(20)}), PROBLEM]}), TINT, 40)
  expect(text.split('\n').filter((line) => columnsOf(stripVTControlCharacters(line)) > 40)).toEqual([])
})

test('the end counts who would not get through, and says what was not tried', () => {
  const [good, bad] = [rehearsal(), rehearsal({exit: 3})]
  expect(curtainText([good, bad], SERVER, TINT)).toMatch(/^1 of 2 profiles would not get through tonight\.\nServer: /)
  expect(curtainText([good], SERVER, TINT)).toMatch(
    /^1 profile: minted, .*\. Storing the secret and the restart were not/,
  )
})
