import {describe, expect, test} from 'vitest'
import {lineAndRule, linted} from './linting.ts'

const WRITE = 'curl -X DELETE "$U/api/v1/repos/a/b"'

async function told(file: string, text: string) {
  const {result} = await linted(file, text)
  return {
    standing: result.findings.map(lineAndRule),
    suppressed: result.suppressed.map(({finding, reason}) => `${lineAndRule(finding)}: ${reason}`),
  }
}

describe('a comment with a reason', () => {
  test.each([
    ['on the line above', 'a.sh', `# patrol-lint: ignore write-unchecked -- why\n${WRITE}\n`, 2],
    ['on its own line', 'a.sh', `${WRITE} # patrol-lint: ignore write-unchecked -- why\n`, 1],
    [
      'above a command of several lines, whose fault stands further down',
      'a.sh',
      `# patrol-lint: ignore write-unchecked -- why\nsudo \\\n  -u x \\\n  ${WRITE}\n`,
      4,
    ],
    [
      'for the whole file, wherever it stands',
      'a.sh',
      `${WRITE}\n\n\n# patrol-lint: ignore-file write-unchecked -- why\n`,
      1,
    ],
    [
      'in a workflow’s script',
      '.gitea/workflows/a.yml',
      `jobs:\n  a:\n    steps:\n      - run: |\n          # patrol-lint: ignore write-unchecked -- why\n          ${WRITE}\n`,
      6,
    ],
    [
      'in YAML around a script',
      '.gitea/workflows/a.yml',
      `jobs:\n  a:\n    steps:\n      # patrol-lint: ignore write-unchecked -- why\n      - run: ${WRITE}\n`,
      5,
    ],
    [
      'in Terraform, in either form',
      'a.tf',
      'resource "gitea_token" "a" {\n  // patrol-lint: ignore scopes-none -- why\n  scopes = []\n}\n',
      3,
    ],
    [
      'in a text, for the block behind it',
      'a.md',
      `<!-- patrol-lint: ignore write-unchecked -- why -->\n\n\`\`\`sh\ntrue\n${WRITE}\n\`\`\`\n`,
      5,
    ],
  ])('%s', async (_, file, text, line) => {
    const {standing, suppressed} = await told(file, text)
    expect(standing).toEqual([])
    expect(suppressed).toHaveLength(1)
    expect(suppressed[0]).toMatch(new RegExp(`^${line} .*: why$`))
  })

  test('covers the rules that it names, each of them, and no other', async () => {
    const line = 'curl -X POST -H "Authorization: token $T" "$U/api/v1/user/repos"'
    expect(
      (await told('a.sh', `# patrol-lint: ignore write-unchecked,secret-visible-in-ps -- why\n${line}\n`)).standing,
    ).toEqual([])
    expect((await told('a.sh', `# patrol-lint: ignore write-unchecked -- why\n${line}\n`)).standing).toEqual([
      '2 secret-visible-in-ps',
    ])
  })

  test('reaches no further than the next line', async () => {
    const {standing, suppressed} = await told(
      'a.sh',
      `# patrol-lint: ignore write-unchecked -- why\n${WRITE}\n${WRITE}\n`,
    )
    expect(standing).toEqual(['3 write-unchecked'])
    expect(suppressed).toEqual(['2 write-unchecked: why'])
  })

  test('is a finding itself when nothing is there to suppress, also of each single rule', async () => {
    const text = `# patrol-lint: ignore write-unchecked,scope-unknown -- why\n${WRITE}\n`
    expect((await told('a.sh', text)).standing).toEqual(['1 suppression-unused'])
  })

  test('of a rule that does not exist names the nearest', async () => {
    const {result} = await linted('a.sh', `# patrol-lint: ignore write-uncheked -- why\n${WRITE}\n`)
    expect(result.findings.map(({message, fix}) => [message, fix])[0]).toEqual([
      'There is no rule "write-uncheked".',
      'Write "write-unchecked".',
    ])
  })
})

describe('a comment without a reason', () => {
  test.each([
    '# patrol-lint: ignore write-unchecked',
    '# patrol-lint: ignore write-unchecked --',
    '# patrol-lint: ignore',
  ])('%s suppresses nothing and is a finding', async (comment) => {
    const {standing, suppressed} = await told('a.sh', `${comment}\n${WRITE}\n`)
    expect(standing).toEqual(['1 suppression-without-reason', '2 write-unchecked'])
    expect(suppressed).toEqual([])
  })
})

test('a suppression does not change the fingerprints of the other findings', async () => {
  const plain = await linted('a.sh', `${WRITE}\n${WRITE}\n`)
  const partly = await linted('a.sh', `${WRITE} # patrol-lint: ignore write-unchecked -- why\n${WRITE}\n`)
  expect(partly.result.findings[0]?.fingerprint).toBe(plain.result.findings[1]?.fingerprint)
})
