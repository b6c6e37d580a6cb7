import {forgeOf} from '../forge.ts'

const MOST_NAMES = 12

/** What a sandbox consists of and what to try in it. `truth`: the file that lists what an audit has to find. */
export function sandboxText(
  {
    gitea,
    platform,
    agents,
    newAgents,
  }: Record<'gitea' | 'platform', string> & Record<'agents' | 'newAgents', readonly string[]>,
  {
    exported,
    truth,
    versions,
  }: {exported: string; truth: string | undefined; versions: readonly [string, string, string]},
): string {
  const [version, release, mode] = versions
  const tries =
    truth === undefined
      ? [
          'patrol probe agent-dev-a',
          'patrol rotate agent-dev-a',
          'patrol smoke agent-dev-a',
          ...newAgents.slice(0, 1).map((name) => `patrol onboard ${name}`),
        ]
      : ['patrol audit']
  return [
    `${forgeOf(version).named} at ${gitea}, platform (${release}, ${mode}) at ${platform}`,
    `Agents: ${listed(agents)}`,
    ...(newAgents.length > 0 ? [`In patrol.yaml only: ${listed(newAgents)}`] : []),
    ...(truth === undefined ? [] : [`What an audit has to find is in ${truth}`]),
    '',
    'Type this in another terminal:',
    `  ${exported}`,
    '',
    'Then try:',
    ...tries.map((line) => `  ${line}`),
  ].join('\n')
}

function listed(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
  return `${names.slice(0, MOST_NAMES).join(', ')}${more}`
}
