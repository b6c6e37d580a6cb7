import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {redact, Secret} from '../../../src/secret.ts'
import {leaksToken, parseReply, smokePrompt} from '../../../src/smoke/protocol.ts'

const errand = {
  nonce: 'abc123',
  giteaUrl: 'https://git.example.test/gitea',
  repo: 'molecule-ai/molecule-core',
  label: 'ready to go',
  secretKey: 'MY_TOKEN',
}

describe('the prompt', () => {
  test('holds the lines that both sides agreed on', () => {
    const lines = smokePrompt(errand).split('\n')
    const base = 'https://git.example.test/gitea/api/v1/repos/molecule-ai/molecule-core'
    expect(lines).toContain('Nonce: abc123')
    expect(lines).toContain('Secret: MY_TOKEN')
    expect(lines).toContain(`GET ${base}/issues?state=open&type=issues&labels=ready%20to%20go&page=1&limit=50`)
    expect(lines).toContain(`GET ${base}/pulls?state=open&limit=1`)
  })

  test('does not filter by a label that the filter would split', () => {
    const [request] = /GET .*issues.*/.exec(smokePrompt({...errand, label: 'ok, go'})) ?? []
    expect(request).toMatch(/issues\?state=open&type=issues&page=1&limit=50$/)
  })

  test('says what to answer without a token', () => {
    expect(smokePrompt(errand)).toMatch(/token=<last eight characters of the token, or none if there is none>$/)
  })

  test('is not itself an answer, should an agent echo it', () => {
    expect(parseReply(smokePrompt(errand), 'abc123').kind).toBe('nothing')
  })
})

describe('reading a reply', () => {
  const good = 'patrol-smoke abc123 issues=200 pulls=200 approved=3,7 token=0000beef'

  test('takes the line out of chatter', () => {
    expect(parseReply(`Sure!\n\n  ${good}\r\nAnything else?`, 'abc123')).toEqual({
      kind: 'answer',
      answer: {issues: 200, pulls: 200, approved: [3, 7], lastEight: '0000beef'},
    })
  })

  test('takes a line that stands there several times', () => {
    const other = good.replace('abc123', 'other1').replace('0000beef', '0000dead')
    expect(parseReply(`${good}\n${other}\n${good.replace('3,7', '7,3')}`, 'abc123')).toMatchObject({
      kind: 'answer',
      answer: {lastEight: '0000beef'},
    })
  })

  test.each([
    ['issues=200', 'issues=403'],
    ['pulls=200', 'pulls=403'],
    ['approved=3,7', 'approved=3'],
    ['token=0000beef', 'token=0000dead'],
  ])('believes neither of two that differ: %s and %s', (one, other) => {
    expect(parseReply(`${good}\n${good.replace(one, other)}`, 'abc123')).toEqual({kind: 'contradictory'})
    expect(parseReply(`${good.replace(one, other)}\n${good}`, 'abc123')).toEqual({kind: 'contradictory'})
  })

  test('reads the end of a token in small letters', () => {
    expect(parseReply(good.replace('beef', 'BeeF'), 'abc123')).toMatchObject({answer: {lastEight: '0000beef'}})
  })

  test('reads none as no issue, and puts numbers in order without doubles', () => {
    expect(parseReply(good.replace('3,7', 'none'), 'abc123')).toMatchObject({answer: {approved: []}})
    expect(parseReply(good.replace('3,7', '10,9,10'), 'abc123')).toMatchObject({answer: {approved: [9, 10]}})
  })

  test('reads none as no token, which is an answer', () => {
    expect(parseReply(good.replace('0000beef', 'none'), 'abc123')).toMatchObject({
      kind: 'answer',
      answer: {issues: 200, lastEight: 'none'},
    })
  })

  test('tells a line for another nonce from no line', () => {
    expect(parseReply(good, 'other1').kind).toBe('wrong-nonce')
    expect(parseReply('all is well', 'abc123').kind).toBe('nothing')
  })

  test.each([
    `> ${good}`,
    `${good} `.replace('token=', 'token= '),
    good.replace('issues=200', 'issues=OK'),
    good.replace('0000beef', '0000beef0'),
    good.replace('0000beef', '0000be'),
    good.replace('0000beef', 'None'),
    good.replace('0000beef', 'nonesuch1'),
    good.replace('3,7', '3,7,'),
    good.replace('3,7', ''),
    good.replace('patrol-smoke', 'Patrol-Smoke'),
  ])('ignores a line that is not exactly of the form: %s', (text) => {
    expect(parseReply(text, 'abc123').kind).toBe('nothing')
  })

  test('finds the line in any chatter', () => {
    const chatter = fc.string({maxLength: 80})
    fc.assert(
      fc.property(chatter, chatter, (before, after) => {
        expect(parseReply(`${before}\n${good}\n${after}`, 'abc123')).toMatchObject({answer: {approved: [3, 7]}})
      }),
    )
  })
})

describe('looking for a leaked token', () => {
  const value = 'd'.repeat(32) + '0000cafe'
  const unknown = {valueInHand: false, lastEights: ['0000cafe']}

  test('finds a value that we know, raw or in base64', () => {
    const known = {valueInHand: true, lastEights: []}
    const secret = 'e'.repeat(32) + '0000f00d'
    expect(new Secret(secret).lastEight).toBe('0000f00d')
    expect(leaksToken(`it is ${secret}.`, known)).toBe(true)
    expect(leaksToken(Buffer.from(secret).toString('base64'), known)).toBe(true)
  })

  test('takes a commit hash for a hash where we know the values', () => {
    expect(leaksToken('5ce7'.repeat(10), {valueInHand: true, lastEights: ['0000cafe']})).toBe(false)
  })

  test('takes any 40 hex characters for a token where we do not', () => {
    expect(leaksToken('1'.repeat(40), unknown)).toBe(true)
    expect(leaksToken('2'.repeat(64), unknown)).toBe(false)
    expect(leaksToken('token=0000cafe', unknown)).toBe(false)
  })

  test('finds an old token by its last eight, and keeps it out of all output from then on', () => {
    expect(redact(value)).toBe(value)
    expect(leaksToken(`export T=${value}`, {valueInHand: true, lastEights: ['0000cafe']})).toBe(true)
    expect(redact(value)).toBe('[secret]')
  })
})
