import * as fc from 'fast-check'
import {describe, expect, it, test} from 'vitest'
import {parse, stringify} from 'yaml'
import {withAgent} from '../../../src/config/entry.ts'

const HEAD = 'gitea:\n  url: https://git.example.org\n'

describe('an agent more', () => {
  it.each([
    ['behind the last one', 'agents:\n  a: {}\n', 'agents:\n  a: {}\n  new: {}\n'],
    ['in a file that does not end its last line', 'agents:\n  a: {}', 'agents:\n  a: {}\n  new: {}\n'],
    [
      'behind the comment of the last one, before what follows',
      'agents:\n    a:\n        profile: reviewer # yes\n\n# others\nlabel: approved\n',
      'agents:\n    a:\n        profile: reviewer # yes\n    new: {}\n\n# others\nlabel: approved\n',
    ],
    ['behind one without a value', 'agents:\n  a:\nlabel: x\n', 'agents:\n  a:\n  new: {}\nlabel: x\n'],
    ['behind one in braces', 'agents:\n  a: {profile: reviewer}\n', 'agents:\n  a: {profile: reviewer}\n  new: {}\n'],
    ['where there are none', 'agents: {}\nlabel: x\n', 'agents:\n  new: {}\nlabel: x\n'],
    ['where nothing stands', 'agents:\nlabel: x\n', 'agents:\n  new: {}\nlabel: x\n'],
    ['where there is no inventory', 'label: x', 'label: x\nagents:\n  new: {}\n'],
    ['in braces', 'agents: {a: {}, b: {} }\n', 'agents: {a: {}, b: {}, new: {} }\n'],
    ['in braces, however they are filled', 'agents: {a: , b: {}, # c\n}\n', 'agents: {a: , b: {}, new: {}, # c\n}\n'],
    ['under a heading with a comment', 'agents: # ours\n  # none yet\n', 'agents: # ours\n  new: {}\n  # none yet\n'],
    ['with line ends of Windows', 'agents:\r\n  a: {}\r\n', 'agents:\r\n  a: {}\r\n  new: {}\r\n'],
  ])('stands %s', (_, before, after) => {
    expect(withAgent(HEAD + before, 'new', {})).toBe(HEAD + after)
  })

  it('says what is said of it, and nothing else', () => {
    const wishes = {user: 'bot', workspace: 'Room: "7"', profile: undefined, token: 'env:TOKEN_OF_NEW'}
    expect(withAgent('agents:\n  a: {}\n', 'new', wishes)).toBe(
      `agents:\n  a: {}\n  new:\n    user: bot\n    workspace: 'Room: "7"'\n    token: env:TOKEN_OF_NEW\n`,
    )
    expect(withAgent('agents: {a: {}}\n', 'new', {user: 'bot'})).toBe('agents: {a: {}, new: {user: bot}}\n')
  })
})

test('every other line stays as it is, and so does what it means', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
  const entry = fc.record({user: name, repo: fc.constant('acme/core')}, {requiredKeys: []})
  const fleet = fc.dictionary(name, fc.oneof(entry, fc.constant(null)), {maxKeys: 4})
  const shape = fc.record({
    collectionStyle: fc.constantFrom<('any' | 'flow')[]>('any', 'flow'),
    indent: fc.constantFrom(2, 4),
  })
  fc.assert(
    fc.property(fleet, shape, fc.boolean(), (agents, style, last) => {
      const value = last ? {label: 'x', agents} : {agents, label: 'x'}
      const before = `# first\n${stringify(value, style)}# last\n`
      const after = withAgent(before, 'zz-added', {user: 'zz'})
      expect(parse(after)).toEqual({...value, agents: {...agents, 'zz-added': {user: 'zz'}}})
      if (style.collectionStyle === 'flow') return
      const left = after.split('\n')
      const kept = before.split('\n').filter((line) => line !== 'agents: {}')
      for (const line of kept) expect(left).toContain(line)
    }),
  )
})
