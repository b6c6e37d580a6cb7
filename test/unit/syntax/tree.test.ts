import {describe, expect, test} from 'vitest'
import {parse, type Grammar, type SyntaxNode} from '../../../src/syntax/index.ts'

function all(node: SyntaxNode, kind: string): SyntaxNode[] {
  return [...(node.kind === kind ? [node] : []), ...node.tokens.flatMap((child) => all(child, kind))]
}

describe('parse', () => {
  test.each<[Grammar, string, string, string]>([
    ['bash', 'a "é"', 'string', '"é"'],
    ['hcl', 'resource "gitea_token" "é" {\n  scopes = ["all"]\n}', 'attribute', 'scopes = ["all"]'],
    ['typescript', 'const é: string = `a${b}`', 'template_string', '`a${b}`'],
    ['tsx', 'const é = <a b="c">{d}</a>', 'jsx_attribute', 'b="c"'],
    ['javascript', 'é(fetch("/x"))', 'string', '"/x"'],
    ['python', 'é = f"/x/{y}"', 'string', 'f"/x/{y}"'],
    ['go', 'package é\nvar x = "/y"', 'interpreted_string_literal', '"/y"'],
  ])('%s', async (language, text, kind, expected) => {
    using tree = await parse(language, text)
    expect(tree.hasError).toBe(false)
    expect(all(tree, kind).map((node) => node.text)).toEqual([expected])
  })

  test('offsets and places count as JavaScript does, behind characters of every width', async () => {
    const text = "x='ü😀漢'\ny 'é' zoo"
    using tree = await parse('bash', text)
    const zoo = all(tree, 'word').find((node) => node.text === 'zoo')
    expect(zoo?.span()).toEqual({
      start: {line: 2, column: 7},
      end: {line: 2, column: 10},
      from: text.indexOf('zoo'),
      to: text.length,
    })
  })

  test('a node tells its fields, its parent, its named children and all its tokens', async () => {
    using tree = await parse('bash', 'a && b c d')
    const [list] = tree.children
    expect(list?.kind).toBe('list')
    expect(list?.children.map(({kind}) => kind)).toEqual(['command', 'command'])
    expect(list?.tokens.map(({kind, named}) => [kind, named])).toEqual([
      ['command', true],
      ['&&', false],
      ['command', true],
    ])
    const second = list?.children[1]
    expect(second?.parent).toBe(list)
    expect(second?.child('name')?.text).toBe('b')
    expect(second?.all('argument').map(({text}) => text)).toEqual(['c', 'd'])
    expect(second?.child('nothing')).toBeUndefined()
  })

  test('what a grammar gave up on is told all the way up, and only there', async () => {
    using tree = await parse('python', 'good()\nbad((\n')
    expect(tree.hasError).toBe(true)
    expect(all(tree, 'call')[0]?.hasError).toBe(false)
  })

  test('nesting beyond all measure ends in an error node', async () => {
    using tree = await parse('javascript', `x = ${'['.repeat(3000)}1${']'.repeat(3000)}`)
    expect(tree.hasError).toBe(true)
    expect(all(tree, 'ERROR')).toHaveLength(1)
  })

  test('texts are parsed side by side', async () => {
    const trees = await Promise.all(['a 1', 'b 2', 'c 3'].map((text) => parse('bash', text)))
    expect(trees.map((tree) => tree.text)).toEqual(['a 1', 'b 2', 'c 3'])
  })
})

test('a text over which a grammar breaks down spoils no other one', async () => {
  const [good, hostile] = ['a: b; '.repeat(20_000), `|${' a |'.repeat(20_000)}`]
  const shapeOf = async () => kindsOf(await parse('hcl', good))
  const before = await shapeOf()
  const broken = await Promise.all([parse('bash', hostile), shapeOf(), parse('bash', hostile), shapeOf()])
  expect(broken[0]).toMatchObject({kind: 'ERROR', children: []})
  expect([broken[1], broken[3], await shapeOf()]).toEqual([before, before, before])
})

function kindsOf(node: SyntaxNode): unknown[] {
  return [node.kind, ...node.children.map(kindsOf)]
}
