import {describe, expect, test} from 'vitest'
import {forgeOf, reaches} from '../../../src/forge.ts'
import {remember} from '../../../src/secret.ts'

describe('which forge says that of itself', () => {
  test.each([
    ['1.25.4', 'gitea', '1.25.4', [1, 25, 4], 'Gitea 1.25.4'],
    ['1.22', 'gitea', '1.22', [1, 22, 0], 'Gitea 1.22'],
    ['v1.22.6', 'gitea', '1.22.6', [1, 22, 6], 'Gitea 1.22.6'],
    [' 1.22.6\n', 'gitea', '1.22.6', [1, 22, 6], 'Gitea 1.22.6'],
    ['1.25.4+rc1', 'gitea', '1.25.4+rc1', [1, 25, 4], 'Gitea 1.25.4+rc1'],
    ['1.27.0+dev-12-gabc', 'gitea', '1.27.0+dev-12-gabc', [1, 27, 0], 'Gitea 1.27.0+dev-12-gabc'],
    ['1.22.6-acme.3', 'gitea', '1.22.6-acme.3', [1, 22, 6], 'Gitea 1.22.6-acme.3'],
    ['1.99.0', 'gitea', '1.99.0', [1, 99, 0], 'Gitea 1.99.0'],
    ['11.0.15+gitea-1.22.0', 'forgejo', '11.0.15', [11, 0, 15], 'Forgejo 11.0.15'],
    ['15.0.3+gitea-1.22.0', 'forgejo', '15.0.3', [15, 0, 3], 'Forgejo 15.0.3'],
    ['7.0.8+gitea-1.21.11', 'forgejo', '7.0.8', [7, 0, 8], 'Forgejo 7.0.8'],
    ['16.0.0-dev-9-gabc+gitea-1.22.0', 'forgejo', '16.0.0-dev-9-gabc', [16, 0, 0], 'Forgejo 16.0.0-dev-9-gabc'],
    ['11.0.15+acme+gitea-1.22.0', 'forgejo', '11.0.15+acme', [11, 0, 15], 'Forgejo 11.0.15+acme'],
    ['99.1.0+gitea-1.22.0', 'forgejo', '99.1.0', [99, 1, 0], 'Forgejo 99.1.0'],
  ] as const)('%j', (said, name, version, [major, minor, patch], named) => {
    expect(forgeOf(said)).toEqual({name, version, major, minor, patch, named})
  })

  test.each([
    ['15.0.3', '15.0.3'],
    ['2.0.0', '2.0.0'],
    ['9.1-acme', '9.1-acme'],
    ['development', 'development'],
    ['1.22.6.7', '1.22.6.7'],
    ['1.99999', '1.99999'],
    ['+gitea-1.22.0', '+gitea-1.22.0'],
    ['main+gitea-1.22.0', 'main+gitea-1.22.0'],
    ['1.22.6 <b>', '1.22.6 <b>'],
    ['1.22.6\u001B[31m\nred', '1.22.6 [31m red'],
    ['<html>', '<html>'],
  ])('%j is unknown, and repeated on one line', (said, version) => {
    expect(forgeOf(said)).toEqual({name: 'unknown', version, named: `a server that calls itself "${version}"`})
  })

  test.each([undefined, '', ' \n'])('%j tells nothing', (said) => {
    expect(forgeOf(said)).toEqual({name: 'unknown', version: '', named: 'a server that does not tell its version'})
  })

  test('what is far too long is cut, and the cut is shown', () => {
    expect(forgeOf(`1.22.${'6'.repeat(10_000)}`).version).toBe(`1.22.${'6'.repeat(55)}…`)
    expect(forgeOf(`1.22.6-${'x'.repeat(10_000)}+gitea-1.22.0`)).toMatchObject({name: 'unknown'})
  })
})

test('no cut leaves a piece of a secret that a server repeats', () => {
  const secret = 'made-up-and-long-enough-0123456789'
  remember(secret)
  const base64 = Buffer.from(secret).toString('base64')
  for (const told of [secret, base64]) {
    const pieces = Array.from({length: told.length - 7}, (_, at) => told.slice(at, at + 8))
    const said = Array.from({length: 61}, (_, fill) => forgeOf(`9.1${'.'.repeat(fill)}${told}`).named).join('\n')
    expect(pieces.filter((piece) => said.includes(piece))).toEqual([])
  }
})

describe('whether it is of a release or later', () => {
  test.each([
    ['11.0.4+gitea-1.22.0', true],
    ['11.0.3+gitea-1.22.0', false],
    ['11.1.0+gitea-1.22.0', true],
    ['12.0.0+gitea-1.22.0', true],
    ['7.0.16+gitea-1.21.11', false],
    ['16.0.0-dev-9-gabc+gitea-1.22.0', true],
    ['1.27.0', false],
    ['15.0.3', false],
    ['', false],
  ])('%j and Forgejo 11.0.4: %s', (said, expected) => {
    expect(reaches(forgeOf(said), 'forgejo', '11.0.4')).toBe(expected)
  })

  test('a short name of a release means its first', () => {
    expect(reaches(forgeOf('15.0.0+gitea-1.22.0'), 'forgejo', '15')).toBe(true)
    expect(reaches(forgeOf('14.9.9+gitea-1.22.0'), 'forgejo', '15')).toBe(false)
    expect(reaches(forgeOf('1.27.0+dev-1-gabc'), 'gitea', '1.27')).toBe(true)
  })
})
