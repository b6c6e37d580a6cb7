import {HOLE, parse, type SyntaxNode} from '../../syntax/index.ts'
import {apiPathOf, isVerb, REASONS, suspect} from './api-path.ts'
import {walk} from './bindings.ts'
import type {ShellFound} from './shell.ts'

/** Where what a configuration for Terraform calls is told; scripts in it are read as such. */
export type TerraformFound = Pick<ShellFound, 'call' | 'unclear'> & {script(text: string): Promise<void>}

/** Finds what the providers for Gitea and Forgejo call, requests of `data "http"`, and scripts that are run. */
export async function findInTerraform(text: string, found: TerraformFound): Promise<void> {
  const {default: known} = await import('./terraform.json', {with: {type: 'json'}})
  const table = new Map(Object.entries(known))
  const root = await parse('hcl', text)
  const scripts: string[] = []
  walk(root, (node) => {
    const line = node.span().start.line
    if (node.kind === 'block') {
      const [kind = '', type = ''] = headOf(node)
      if (!/^(?:resource|data)$/.test(kind)) return
      if (kind === 'data' && type === 'http') request(node, found)
      if (!/^(?:gitea|forgejo)_/.test(type)) return
      const routes = table.get(`${kind} ${type}`)?.split(';')
      if (!routes) found.unclear(REASONS.resource, `${kind} ${type}`, line)
      for (const route of routes ?? []) {
        const [method = '', path = ''] = route.replace('?', '').replaceAll('{}', HOLE).split(' ')
        // What it is set to decides.
        if (route.startsWith('?'))
          found.unclear(REASONS.depends, `${type}: ${method} ${path}`, line, suspect(method, path))
        else found.call(method, path, line)
      }
    } else if (node.kind === 'attribute' && /\b(?:curl|wget|tea)\s/.test(node.text)) {
      const value = node.children[1]
      if (value) scripts.push('\n'.repeat(line - 1) + textOf(value))
    }
  })
  for (const script of scripts) await found.script(script)
}

/** `data "http"`: a GET, unless it says otherwise. */
function request(block: SyntaxNode, found: TerraformFound): void {
  const attributes = block.children.at(-2)?.children ?? []
  const value = (name: string) => attributes.find((each) => each.children[0]?.text === name)?.children[1]
  const url = value('url')
  const said = url ? textOf(url).replaceAll(/\$\{?\w+\}?/g, HOLE) : ''
  const api = apiPathOf(said, [], true)
  const method = value('method') ? textOf(value('method')!) : 'GET'
  const line = block.span().start.line
  if (api.is === 'path' && isVerb(method)) found.call(method.toUpperCase(), api.path, line)
  else if (api.is !== 'other') found.unclear(REASONS.path, `${method} ${said}`, line, suspect(method, undefined))
}

/** `resource "gitea_repository"` of a block. */
function headOf(block: SyntaxNode): string[] {
  return block.children.slice(0, 2).map(({text}) => text.replaceAll('"', ''))
}

/** What a value's text is to a shell: without its quotes, what Terraform fills in as variables. */
function textOf(value: SyntaxNode): string {
  return value.text
    .replace(/^<<-?\s*\w+/, '')
    .replace(/\n\s*\w+\s*$/, '\n')
    .replace(/^"([^]*)"$/, '$1')
    .replaceAll('\\"', '"')
    .replaceAll(/(?<!\$)\$\{([^}]*)\}/g, (_, inner: string) => `\${${inner.trim().replaceAll(/\W+/g, '_') || 'x'}}`)
    .replaceAll('$${', '${')
    .replaceAll('\\n', '\n')
}
