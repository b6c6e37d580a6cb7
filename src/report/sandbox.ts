const MOST_NAMES = 12

/** What a sandbox consists of and what to try in it. `truth`: the file that lists what an audit has to find. */
export function sandboxText(
  {gitea, platform, agents}: {gitea: string; platform: string; agents: readonly string[]},
  {exported, truth, versions}: {exported: string; truth: string | undefined; versions: readonly string[]},
): string {
  const [version, release, mode] = versions
  const more = agents.length > MOST_NAMES ? ` and ${agents.length - MOST_NAMES} more` : ''
  const tries =
    truth === undefined
      ? ['patrol probe agent-dev-a', 'patrol rotate agent-dev-a', 'patrol smoke agent-dev-a']
      : ['patrol audit']
  return [
    `Gitea ${version} at ${gitea}, platform (${release}, ${mode}) at ${platform}`,
    `Agents: ${agents.slice(0, MOST_NAMES).join(', ')}${more}`,
    ...(truth === undefined ? [] : [`What an audit has to find is in ${truth}`]),
    '',
    'Type this in another terminal:',
    `  ${exported}`,
    '',
    'Then try:',
    ...tries.map((line) => `  ${line}`),
  ].join('\n')
}
