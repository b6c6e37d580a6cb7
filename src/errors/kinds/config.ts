import {run, say} from '../advice.ts'
import {kind, nothing, text, type Texts, type ToldError} from '../kind.ts'

const CONFIG_PAGE = 'docs/config.md'

function lacking(what: string): ToldError {
  const advice = [run`patrol config schema`, run`patrol config check`]
  return {what, state: nothing('called'), advice, ref: CONFIG_PAGE}
}

/** A name that nobody has, and the names there are. */
type UnknownName = Texts<'name' | 'file'> & {known: readonly string[]; near?: readonly string[]}

function listOf(known: readonly string[]): string {
  return known.length === 0
    ? 'It names no agents yet.'
    : `It knows ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', ...' : ''}.`
}

/** patrol.yaml, and the agents and profiles in it. */
export const CONFIG = {
  CONFIG_NOT_FOUND: kind('usage', {
    meaning: 'No patrol.yaml where one was named, or none at all where one is needed.',
    says: {
      needed: ({first, last}: Texts<'first' | 'last'>) => [
        `This needs a patrol.yaml; there is none at ${first}, above it, or at ${last}.`,
        run`patrol init`,
        run`patrol sandbox`,
      ],
      server: () => [
        'There is no patrol.yaml, and no --gitea-url says which server is meant.',
        say('name it with --gitea-url'),
        run`patrol init`,
      ],
    },
  }),
  CONFIG_INCOMPLETE: kind('usage', {
    meaning: 'patrol.yaml lacks a part that this command needs.',
    says: {
      key: ({file, key, what}: Texts<'file' | 'key' | 'what'>) => lacking(`${file} lacks "${key}": ${what}.`),
      administrator: ({file, source}: Texts<'file' | 'source'>) =>
        lacking(`${file} lacks an administrator of the server, which --source ${source} asks for its listing.`),
      references: ({file, source}: Texts<'file' | 'source'>) =>
        lacking(`${file} lacks a token reference of any of these agents, which --source ${source} would probe.`),
      platform: ({file}: Texts<'file'>) => lacking(`${file} lacks the platform, through which --ask-agents asks.`),
      sources: ({file}: Texts<'file'>) =>
        lacking(
          `${file} has neither an administrator of the server nor a token reference of any agent, so no token can be looked at.`,
        ),
      repository: () => ({
        what: 'Nothing says in which repository to look.',
        state: nothing('asked'),
        advice: [say('name it with --repo, as owner/name')],
        ref: CONFIG_PAGE,
      }),
      token: ({agent, command}: Texts<'agent'> & {command?: string}) => ({
        what: `patrol does not know the token of ${agent}: its entry has no "token".`,
        advice: command
          ? [
              say(`give it with --token-file, as patrol ${command} takes it`),
              say('or as "token" of the agent in patrol.yaml'),
            ]
          : [],
        ref: CONFIG_PAGE,
      }),
      'own-platform': () => [
        'Nothing says which platform is meant: PLATFORM_URL is not set.',
        nothing('called'),
        say('set it, or give --platform-url'),
      ],
      'own-workspace': () => [
        'Nothing says which workspace this is: WORKSPACE_ID is not set.',
        nothing('called'),
        say('set it, or give --workspace'),
      ],
    },
  }),
  AGENT_UNKNOWN: kind('usage', {
    meaning: 'No agent of this name in patrol.yaml; the nearest names are given.',
    says: {
      name: ({name, file, known, near = []}: UnknownName) => [
        `There is no agent "${name}" in ${file}. ${near.length > 0 ? `Did you mean ${near.join(' or ')}?` : listOf(known)}`,
        ...(near.length > 0 ? near.map((each) => run`patrol probe ${each}`) : [run`patrol config check`]),
      ],
      audit: ({name, file, known}: UnknownName) => [
        `${/[*?[{]/.test(name) ? `No agent of ${file} matches "${name}".` : `There is no agent "${name}" in ${file}.`} ${listOf(known)}`,
        nothing('called'),
        run`patrol config check`,
        run`patrol audit`,
      ],
      rehearsal: ({name, file, near}: Texts<'name' | 'file'> & {near: readonly string[]}) => [
        `There is no agent and no profile "${name}" in ${file}.`,
        nothing('called'),
        ...(near.length > 0 ? near.map((each) => run`patrol rehearse ${each}`) : [run`patrol rehearse`]),
      ],
      profile: ({profile, file, named = false}: Texts<'profile' | 'file'> & {named?: boolean}) => [
        `${named ? 'None of the agents named' : `No agent of ${file}`} has the profile "${profile}".`,
        nothing('called'),
        run`patrol audit`,
        run`patrol config check`,
      ],
      list: ({file, lines, count}: Texts<'file'> & {lines: readonly string[]; count: number}) => ({
        what: `${count === 1 ? 'An agent is' : `${count} agents are`} not in ${file}, which every other command goes by.`,
        state: nothing('called'),
        lines,
        advice: [say('add them under "agents" first'), run`patrol config check`],
      }),
    },
  }),
  PROFILE_UNKNOWN: kind('usage', {
    meaning: 'No profile of this name; the known ones are given. Nothing was called.',
    says: ({
      name,
      known,
      command,
      offered,
    }: Texts<'name'> & Record<'known' | 'command' | 'offered', readonly string[]>) => [
      `There is no profile "${name}"; known are ${known.join(', ')}.`,
      ...offered.map((each) => run`${command} --profile ${each}`),
    ],
    state: nothing('read or called'),
  }),
  INVENTORY_EMPTY: kind('usage', {
    meaning: 'patrol.yaml names no agents, so there is no fleet. Nothing was called.',
    ref: CONFIG_PAGE,
    says: text`${'file'} names no agents, so there is no fleet.`,
    state: nothing('called'),
    advice: [run`patrol init`, run`patrol config schema`],
  }),
  INVENTORY_DUPLICATE: kind('usage', {
    meaning: 'Two agents of patrol.yaml share a name, a user or a workspace. Nothing was called.',
    ref: CONFIG_PAGE,
    says: ({file, lines}: Texts<'file'> & {lines: readonly string[]}) => ({
      what: `${file} gives the same thing to several agents; give each a user and a workspace of its own.`,
      state: nothing('called'),
      lines,
      advice: [say('mend these entries, or take out the one that is too many')],
    }),
  }),
}
