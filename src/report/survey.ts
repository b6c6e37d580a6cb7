import type {Keep, Survey} from '../rotation/index.ts'
import type {StorySummary} from '../story/ports.ts'

const SECRET: Record<Survey['secret'], string> = {
  new: 'as patrol stored it: the new token',
  old: 'as patrol stored it: the old token',
  other: 'written by somebody else since',
  absent: 'not there',
  unknown: 'not known',
}

/** What an abort is about to do, and all that a person has to know for it: each token, the secret, the agent's word. */
export function abortText(
  {id, agent, workspace, phase}: StorySummary,
  survey: Survey | undefined,
  keep: Keep | undefined,
): string {
  const heading = `Abort rotation ${id} of ${agent} (${phase.replaceAll('_', ' ')})`
  const withdrawn = phase === 'awaiting_approval' ? ', the approval that it waits for is withdrawn' : ''
  if (!survey) return `${heading}: its new token is deleted${withdrawn}, the old one serves.`
  const rows = survey.tokens.map(
    ({side, name, id: token, lastEight, alive}) =>
      `  ${side}  ${name} (…${lastEight}, id ${token}): ${alive ? 'alive' : 'not listed any more'}`,
  )
  const place =
    survey.workspace === 'gone'
      ? [`  the workspace ${workspace} is gone`]
      : [`  the secret of ${workspace}: ${SECRET[survey.secret]}`, `  ${agent} ${saying(survey)}`]
  return [`${heading}:`, ...rows, ...place, ...consequence(survey, keep)].join('\n')
}

function saying({reported, missed, began, secretKey}: Survey): string {
  if (reported === null) return `says that it has no token in ${secretKey}`
  if (reported !== undefined) return `reports that it runs on …${reported}`
  const before = missed ? `, and said before that it has none in ${secretKey}` : ''
  const elsewhere = began === 'elsewhere' ? ', and runs elsewhere: only who started it can tell' : ''
  return `does not say which token it runs on${before}${elsewhere}`
}

function consequence({tokens, secret}: Survey, keep: Keep | undefined): string[] {
  if (keep === undefined) return []
  const dying = tokens.filter(({side, alive}) => alive && side !== keep).map(({name}) => name)
  const stays = keep === 'old' && secret === 'new' ? ', and the secret goes on holding it' : ''
  return dying.length > 0
    ? [`With --keep ${keep}: ${dying.join(', ')} ${dying.length === 1 ? 'is' : 'are'} deleted${stays}.`]
    : []
}
