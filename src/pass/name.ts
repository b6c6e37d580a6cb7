const LONGEST_MACHINE = 40

/**
 * What a pass is called: `patrol-run.<machine>.<yyyymmdd>T<hhmmss>Z.<id>`, so that whoever finds one in Gitea sees what it
 * is, whose, and since when. No agent's token begins like that (`tokenName`), whatever its agent is called.
 */
export function passName(machine: string, at: number, id: string): string {
  const since = new Date(at).toISOString().replaceAll(/[:-]|\.\d+/g, '')
  const part = machine.replaceAll(/[^A-Za-z0-9_-]/g, '-').slice(0, LONGEST_MACHINE)
  return `patrol-run.${part || 'machine'}.${since}.${id}`
}

/** Whether a token is a pass of some run, by its name. */
export function isPass(name: string): boolean {
  return /^patrol-run\.[\w-]+\.\d{8}T\d{6}Z\.[a-z0-9]+$/.test(name)
}
