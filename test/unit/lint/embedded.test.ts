import {describe, expect, test} from 'vitest'
import {findingsIn, lineAndRule, rulesIn} from './linting.ts'

describe('scripts within other files', () => {
  const fault = 'curl -X DELETE "$U/api/v1/repos/a/b"'

  test.each([
    ['a container’s arguments', 'a.yaml', `command: [sh, -c]\nargs:\n  - |\n    set -e\n    ${fault}\n`, '5'],
    ['a job of GitLab’s', 'a.yaml', `job:\n  script:\n    - true\n    - ${fault}\n`, '4'],
    [
      'a quoted command of Terraform',
      'a.tf',
      'resource "x" "y" {\n  provisioner "local-exec" {\n    command = "cd \\"${path.module}\\" && curl -X DELETE \\"${var.u}/api/v1/repos/a/b\\""\n  }\n}\n',
      '3',
    ],
    [
      'commands of Terraform’s that run elsewhere',
      'a.tf',
      'resource "x" "y" {\n  provisioner "remote-exec" {\n    inline = [\n      "true",\n      "curl -X DELETE ${var.u}/api/v1/repos/a/b",\n    ]\n  }\n}\n',
      '5',
    ],
    [
      'a script for a new machine',
      'a.tf',
      `resource "x" "y" {\n  user_data = <<-EOT\n    #!/bin/bash\n    ${fault}\n  EOT\n}\n`,
      '4',
    ],
  ])('%s', async (_, file, text, line) => {
    expect((await findingsIn(file, text)).map(lineAndRule)).toEqual([`${line} write-unchecked`])
  })

  test.each([
    ['a.yaml', `help: "${fault.replaceAll('"', '')}"\n`],
    ['.gitea/workflows/a.yml', `jobs:\n  a:\n    steps:\n      - shell: python\n        run: ${fault}\n`],
    ['a.tf', `resource "x" "y" {\n  content = <<-EOT\n    ${fault}\n  EOT\n}\n`],
  ])('what no shell runs is no script: %s %j', async (file, text) => {
    expect(await rulesIn(file, text)).toEqual([])
  })

  test('a path in escaped quotes ends where they do, and its place is told', async () => {
    const text = (path: string) =>
      `# gitea\nresource "x" "y" {\n  provisioner "local-exec" {\n    command = "curl -f \\"\${jsonencode({a = 1})}/api/v1/${path}\\""\n  }\n}\n`
    expect(await rulesIn('a.tf', text('repos/a/b/issues'))).toEqual([])
    const [finding] = await findingsIn('a.tf', text('repos/a/b/issue'))
    expect(finding).toMatchObject({rule: 'route-unknown', at: {start: {line: 4}}})
    expect(finding?.message).toContain('GET /repos/a/b/issue;')
    expect(text('repos/a/b/issue').slice(finding?.at.from, finding?.at.to)).toMatch(/^"\$.*\/issue\\"$/)
  })
})
