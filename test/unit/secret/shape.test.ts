import {describe, expect, test} from 'vitest'
import {Secret} from '../../../src/secret.ts'
import {bearerFlaw, tokenFlaw, tokensIn} from '../../../src/secret/shape.ts'

const VALUE = '3f9c1d7e5b2a48609cd1e7f3a5b80246ce913d57'
const BASE64 = Buffer.from(`${VALUE}\n`).toString('base64')

/** What stands in files instead of a token, and what is to be said of it. */
const SHAPES: readonly [what: string, text: string, said: RegExp][] = [
  ['double quotes', `"${VALUE}"`, /^42 characters with quotes around them; .*: take the quotes off$/],
  ['single quotes', `'${VALUE}'`, /^42 characters with quotes around them/],
  ['a quote left over', `"${VALUE}`, /^41 characters with a quote at one end/],
  ['a line of an env file', `GITEA_TOKEN=${VALUE}`, /^52 characters of a line NAME=value; .*behind the =$/],
  ['a quoted line of one', `GITEA_TOKEN="${VALUE}"`, /of a line NAME=value|with a quote at one end/],
  ['a shell command', `export GITEA_TOKEN=${VALUE}`, /of a shell command; .*behind the =$/],
  ['PowerShell', `$env:GITEA_TOKEN = "${VALUE}"`, /of a shell command|with a quote/],
  ['YAML', `token: ${VALUE}`, /of a line "name: value"/],
  ['base64', Buffer.from(VALUE).toString('base64'), /^56 characters of base64 with a token inside; .*: decode it$/],
  ['base64 of a line', BASE64, /of base64 with a token inside/],
  ["the mint's answer", JSON.stringify({id: 1, name: 'x', sha1: VALUE}), /of JSON; .*sha1 alone$/],
  ["the mint's answer on lines", JSON.stringify({id: 1, sha1: VALUE}, undefined, 2), /of JSON/],
  ['JSON that is a string', JSON.stringify(VALUE), /with quotes around them/],
  ...['null', 'undefined', 'none', 'nil'].map((word): [string, string, RegExp] => [
    word,
    word.toUpperCase(),
    new RegExp(`^the word ${word}: whatever wrote it had no token$`),
  ]),
  ['JSON without a text for its value', ' [1, "id", 2]\n', /of JSON/],
  ['a shell command with more blanks', 'export  AB = 1', /of a shell command/],
  ['a Windows command', 'set  AB = 1', /of a shell command/],
  ['a variable of PowerShell', '$env:AB=1', /of a shell command/],
  ['a line of an INI file', 'A = x', /of a line NAME=value/],
  ['a header with a blank more', `Authorization : ${VALUE}`, /of a request's header/],
  ['a header', `Authorization: token ${VALUE}`, /of a request's header/],
  ['a Bearer prefix', `Bearer ${VALUE}`, /^47 characters of a request's header/],
  ['a token prefix', `token ${VALUE}`, /^46 characters of a request's header/],
  ['a comment above', `# of dev-a\n${VALUE}`, /on several lines; .*alone$/],
  ['two tokens', `${VALUE}\n${VALUE}`, /on several lines/],
  ['a PEM', '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----', /of a PEM/],
  ['a path', '/run/secrets/gitea', /that look like a path/],
  ['a path at home', '~/gitea.token', /that look like a path/],
  ['a path above', '../gitea.token', /that look like a path/],
  ['a path of Windows', String.raw`C:\gitea.token`, /that look like a path/],
  ['a quote that ends before the end', `"${VALUE}"x`, /with a quote at one end/],
  ['one character', 'x', /^1 character;/],
  ['a reference', 'file:/run/secrets/gitea', /of a reference to a secret/],
  ['a web page', '<!DOCTYPE html>\n<html><body>Sign in</body></html>', /of a web page/],
  ['a variable that nobody filled in', '${GITEA_TOKEN}', /of a placeholder/],
  ['a variable without braces', '$GITEA_TOKEN', /of a placeholder/],
  ['a command that nobody ran', '$(cat gitea.token)', /of a placeholder/],
  ['a template', '{{ gitea_token }}', /of a placeholder/],
  ['a word in angle brackets', '<token>', /of a placeholder/],
  ['a masked value', '****************************************', /of a placeholder/],
  ['one digit too few', VALUE.slice(1), /^39 characters of hex; .*: the rest is missing$/],
  ['the last eight', VALUE.slice(-8), /^8 characters of hex/],
  ['twice on one line', VALUE + VALUE, /^80 characters of hex; .*: it is there twice$/],
  [
    'two on one line',
    VALUE + VALUE.replace(/^./, '9'),
    /^80 characters; these tokens are 40 hex digits in lower case$/,
  ],
  ['in hex', Buffer.from(VALUE).toString('hex'), /^80 characters of hex with a token inside; .*: decode it$/],
  ['upper case', VALUE.toUpperCase(), /^40 characters of hex in upper case/],
  ["GitHub's", `ghp_${'a'.repeat(36)}`, /of a GitHub token/],
  ["GitLab's", `glpat-${'a'.repeat(20)}`, /of a GitLab token/],
  ['a JWT', 'eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl', /of a signed JWT/],
  ['UTF-16', Buffer.from(VALUE, 'utf16le').toString('utf8'), /written as UTF-16/],
  ['a blank in it', `${VALUE.slice(0, 20)} ${VALUE.slice(20)}`, /with a space among them/],
  ['a zero-width space in it', `${VALUE.slice(0, 20)}\u200B${VALUE.slice(20)}`, /not all ASCII/],
  ['a password', 'correct-horse-battery', /^21 characters; these tokens are 40 hex digits in lower case$/],
]

describe('what a token of the platform can be', () => {
  // 32 random bytes in base64url; an operator's own choice; what openssl makes of random bytes.
  const BEARER = 'Zm9v_2Jhci-not-a-real-platform-token-000000'
  test.each([BEARER, 'correct-horse-battery', '/w0Kd+made/up+AAAA==', VALUE])('%s has no flaw', (text) => {
    expect(bearerFlaw(text)).toBeUndefined()
    expect(new Secret(text).bearerFlaw).toBeUndefined()
  })

  test.each([
    [`"${BEARER}"`, /^45 characters with quotes around them: take the quotes off$/],
    [`PLATFORM_TOKEN=${BEARER}`, /^58 characters of a line NAME=value: keep what stands behind the =$/],
    [`export T='${BEARER}'`, /of a shell command|with a quote/],
    [`Authorization: Bearer ${BEARER}`, /^65 characters of a request's header: keep what follows$/],
    [`token: ${BEARER}`, /of a line "name: value"|header/],
    [JSON.stringify({auth_token: BEARER}), /of JSON: keep the value of the token alone/],
    ['file:secrets/platform', /of a reference to a secret/],
    ['${PLATFORM_TOKEN}', /of a placeholder/],
    [`${BEARER} x`, /with a space among them$/],
    [`${BEARER}\u200b`, /not all ASCII$/],
  ])('%s is said as what it is', (text, said) => {
    expect(bearerFlaw(text)).toMatch(said)
    expect(bearerFlaw(text)).not.toContain('not-a-real')
    expect(new Secret(text).bearerFlaw).toBe(bearerFlaw(text))
  })
})

test('what Gitea hands out has no flaw', () => {
  expect(tokenFlaw(VALUE)).toBeUndefined()
  expect(new Secret(VALUE).tokenFlaw).toBeUndefined()
})

describe('what no Gitea hands out is said as what it is, without a digit of it', () => {
  test.each(SHAPES)('%s', (_, text, said) => {
    const flaw = tokenFlaw(text) ?? ''
    expect(flaw).toMatch(said)
    for (let at = 0; at + 6 <= VALUE.length; at++) expect(flaw).not.toContain(VALUE.slice(at, at + 6))
    expect(new Secret(text).tokenFlaw).toBe(flaw)
  })
})

describe('what only holds such a thing is not said to be it', () => {
  const spaced = /^\d+ characters with a space among them;/
  const plain = /^\d+ characters; these tokens are 40 hex digits in lower case$/
  test.each([
    ['see <html>', spaced],
    ['x{"a":1}', plain],
    ['{"a":1}x', plain],
    ['a"b', plain],
    ['x token y', spaced],
    ['myfile:x', plain],
    ['xexport A=1', spaced],
    ['reset A=1', spaced],
    ['1A=x', plain],
    ['1a: b', spaced],
    ['a$b', plain],
    ['$a-b', plain],
    ['x$(y)', plain],
    ['a<b>', plain],
    ['<b>a', plain],
    ['a**', plain],
    ['**a', plain],
    ['xghp_abc', plain],
    ['xglpat-a', plain],
    ['xeyJhbG.eyJz.c', plain],
    ['a/b', plain],
    [`x${VALUE}${VALUE}`, plain],
    [`${VALUE}${VALUE}x`, plain],
    [`!${Buffer.from(VALUE).toString('base64')}`, plain],
    [`${Buffer.from(VALUE).toString('base64')}!`, plain],
  ])('%s', (text, said) => expect(tokenFlaw(text)).toMatch(said))
})

test.each([`"${VALUE}"`, `GITEA_TOKEN=${VALUE}`, JSON.stringify({sha1: VALUE}), BASE64, `# x\n${VALUE}`])(
  'the value inside %# is found, to be kept out of all output',
  (text) => {
    expect(tokensIn(text)).toEqual([VALUE])
  },
)
