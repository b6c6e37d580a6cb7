import {describe, expect, test} from 'vitest'
import {findingsIn, HEX, lineAndRule, linted, rulesIn} from './linting.ts'

describe('secrets', () => {
  test('nothing that is said of a secret holds it; of a token only its last eight', async () => {
    const text = [
      `GITEA_TOKEN=${HEX}`,
      `curl -f -H "Authorization: Bearer ${HEX}" -u 'root:Tr0ub4dor-3' https://git.example.org/api/v1/version`,
      `curl -f "https://git.example.org/api/v1/version?token=${HEX}"`,
      'export ADMIN_PASSWORD=Tr0ub4dor-3',
      `PLATFORM_TOKEN=${Buffer.from(HEX).toString('base64url').slice(0, 43)}`,
      `TOKEN=eyJhbGciOiJub25lIn0.${Buffer.from('{"sub":"nobody"}').toString('base64url')}.c2ln`,
    ].join('\n')
    const {result} = await linted('a.sh', text)
    expect(result.findings.map(lineAndRule)).toEqual([
      '1 secret-in-file',
      '2 secret-in-argv',
      '2 secret-in-argv',
      '3 secret-in-argv',
      '4 secret-in-file',
      '5 secret-in-file',
      '6 secret-in-file',
    ])
    const said = JSON.stringify(result)
    expect(said).toContain(HEX.slice(-8))
    for (let start = 0; start + 9 <= HEX.length; start++) expect(said).not.toContain(HEX.slice(start, start + 9))
    for (const part of ['Tr0ub4dor', 'eyJ', Buffer.from(HEX).toString('base64url').slice(0, 12)])
      expect(said).not.toContain(part)
  })

  test('the fingerprint of a secret’s finding does not depend on the secret', async () => {
    const [one] = await findingsIn('a.sh', `GITEA_TOKEN=${HEX}\n`)
    const [other] = await findingsIn('a.sh', `GITEA_TOKEN=${HEX.split('').toReversed().join('')}\n`)
    expect(one?.message).not.toBe(other?.message)
    expect(one?.fingerprint).toBe(other?.fingerprint)
  })

  test.each([
    [`COMMIT=${HEX}`],
    [`TOKEN_FILE=/run/secrets/${HEX}`],
    [`git checkout ${HEX}`],
    ['GITEA_TOKEN=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00000001'],
    ['GITEA_TOKEN=0123456789abcdef0123456789abcdef01234567'],
    ['GITEA_TOKEN="<your token>"'],
    ['GITEA_TOKEN=$(cat token)'],
    [
      'curl -f -u "admin:$PASSWORD" https://git.example.org/ # patrol-lint: ignore secret-visible-in-ps -- not this test',
    ],
    ['PASSWORD=changeme'],
    ['PASSWORD=ref+vault://kv/gitea'],
    ['PASSWORD=awssm://gitea/admin'],
    ['PASSWORD=ENC[AES256_GCM,data:Tr0ub4dor3]'],
    ['echo "token: $TOKEN"'],
    ['echo "https://robot:$TOKEN@git.example.org/"'],
  ])('%s is no secret in the file', async (line) => {
    expect(await rulesIn('a.sh', `${line}\n`)).toEqual([])
  })

  test.each([
    [`git -c http.extraHeader="Authorization: token ${HEX}" fetch`, '1 secret-in-argv'],
    ['git -c http.extraHeader="Authorization: token $T" fetch', '1 secret-visible-in-ps'],
    ['git commit -m "Send Authorization: token <the token>"', undefined],
    [`cat >x <<EOF\nURL=x\nexport GITEA_TOKEN=${HEX}\nEOF`, '3 secret-in-file'],
    [`tee x <<EOF\n  token: '${HEX}'\nEOF`, '2 secret-in-file'],
    [`cat >x <<EOF\nCOMMIT=${HEX}\nGITEA_TOKEN=$TOKEN\nEOF`, undefined],
  ])('%s', async (text, finding) => {
    expect((await findingsIn('a.sh', `${text}\n`)).map(lineAndRule)).toEqual(finding === undefined ? [] : [finding])
  })

  test.each([
    [`GITEA_TOKEN=${HEX}`, ['1 secret-in-file']],
    [`# gitea\nexport GITEA_TOKEN="${HEX}"  # of agent-dev-a`, ['2 secret-in-file']],
    [`MSG=it's (fine\nGITEA_TOKEN = '${HEX}'`, ['2 secret-in-file']],
    [`A=b\r\nGITEA_TOKEN=${HEX}\r\n`, ['2 secret-in-file']],
    [`\uFEFFGITEA_TOKEN=${HEX}`, ['1 secret-in-file']],
    ['GITEA_PASSWORD=Tr0ub4dor-3', ['1 secret-in-file']],
    [`# GITEA_TOKEN=${HEX}`, ['1 secret-in-file']],
    ['GITEA_TOKEN=\nGITEA_TOKEN=${TOKEN}\nGITEA_TOKEN=<your token>\nGITEA_TOKEN=op://ops/gitea/token', []],
    [`COMMIT=${HEX}\nTOKEN_FILE=/run/token\nNAME=hello (world; it's && "me`, []],
    [`# patrol-lint: ignore secret-in-file -- of the test server\nGITEA_TOKEN=${HEX}`, []],
    [`GITEA_TOKEN=${HEX} # patrol-lint: ignore secret-in-file -- of the test server`, []],
  ])('in a file of settings: %j', async (text, found) => {
    for (const file of ['.env', 'ops/agent.env']) {
      const {result} = await linted(file, text)
      expect(result.findings.map(lineAndRule)).toEqual(found)
      expect(result.unread).toEqual([])
    }
  })

  test.each(['a.sh', 'a.md', '.env'])('a token in words of %s is found where it stands', async (file) => {
    const text = `#  Its token: ${HEX}, until May.\n`
    const [finding] = await findingsIn(file, text)
    expect(finding?.rule).toBe('secret-in-file')
    expect(text.slice(finding?.at.from, finding?.at.to)).toBe(HEX)
  })

  test('the process list is told of one command, and of no other command’s words', async () => {
    const [finding] = await findingsIn('a.sh', 'x --token "$T"\ngit clone "https://robot:$T@git.example.org/a/b"\n')
    expect(finding?.message).toBe('The process list shows the secret in --token of x; 2 commands of this script do so.')
  })

  test.each([
    ['a.yaml', `env:\n  - name: GITEA_TOKEN\n    value: ${HEX}\n`, '3 secret-in-file'],
    ['a.yaml', `- value: Tr0ub4dor-3\n  name: DB_PASSWORD\n`, '1 secret-in-file'],
    ['a.yaml', `services:\n  a:\n    environment:\n      - GITEA_TOKEN=${HEX}\n`, '4 secret-in-file'],
    ['a.yaml', `data:\n  settings.env: |\n    URL=x\n    GITEA_TOKEN=${HEX}\n`, '4 secret-in-file'],
    ['a.tf', `x {\n  content = <<-EOT\n    [a]\n    token = "${HEX}"\n  EOT\n}\n`, '4 secret-in-file'],
    ['a.md', `\`\`\`ini\nURL=x\nGITEA_TOKEN=${HEX}\n\`\`\`\n`, '3 secret-in-file'],
    ['a.md', `    Authorization: token ${HEX}\n`, '1 secret-in-file'],
    ['a.md', `\`\`\`\nCOMMIT=${HEX}\nparent ${HEX}\n\`\`\`\n`, undefined],
    ['a.md', `A commit, ${HEX}.\nOne token: none.\nThe token is \`${HEX}\`.\n`, '3 secret-in-file'],
    ['a.tf', `variable "gitea_token" {\n  default = "${HEX}"\n}\n`, '2 secret-in-file'],
    ['a.yaml', 'kind: SealedSecret\nspec:\n  encryptedData:\n    password: AgBy3i4OJSWKPiTySYZZA9rO43\n', undefined],
    ['a.yaml', `env:\n  - name: COMMIT\n    value: ${HEX}\n  - name: GITEA_TOKEN\n    value: $TOKEN\n`, undefined],
    ['a.yaml', `environment:\n  - COMMIT=${HEX}\n  - GITEA_TOKEN=$TOKEN\n`, undefined],
    ['a.tf', `variable "gitea_commit" {\n  default = "${HEX}"\n}\n`, undefined],
  ])('in %s the name that a value goes with says whether it is a secret: %j', async (file, text, finding) => {
    expect((await findingsIn(file, text)).map(lineAndRule)).toEqual(finding === undefined ? [] : [finding])
  })

  test('the process list is spoken of once per script, with all places and how many commands it is about', async () => {
    const line = 'curl -f -H "Authorization: token $T" https://git.example.org/api/v1/version\n'
    const body = `curl -f -X PUT "$P/workspaces/$W/secrets" -d "{\\"key\\": \\"K\\", \\"value\\": \\"$V\\"}"\n`
    const findings = await findingsIn('a.sh', line.repeat(2) + body)
    expect(findings.map(lineAndRule)).toEqual(['1 secret-visible-in-ps'])
    expect(findings[0]?.message).toContain('the Authorization header and the body of curl; 3 commands')
  })
})
