/**
 * The page's script. Its source text goes into the page as it stands here, so everything it uses is inside it. It reads
 * what the server wrote, hides what the filters leave out, copies fixes and switches between light and dark; it makes no
 * markup out of any text.
 */
export function page() {
  const root = document.documentElement
  root.classList.add('js')

  /**
   * The element that the page surely has.
   * @template {Element} T
   * @param {string} selector
   * @param {new () => T} type
   * @returns {T}
   */
  const one = (selector, type) => {
    const found = document.querySelector(selector)
    if (found instanceof type) return found
    throw new Error(`the page has no ${selector}`)
  }
  const all = (/** @type {string} */ selector, /** @type {ParentNode} */ within = document) =>
    [...within.querySelectorAll(selector)].filter((each) => each instanceof HTMLElement)

  const form = one('#filters', HTMLFormElement)
  const count = one('#count', HTMLElement)
  const said = one('#said', HTMLElement)
  const search = one('#filters [name=q]', HTMLInputElement)
  const profiles = one('#filters [name=profile]', HTMLSelectElement)
  const chips = all('#filters [type=checkbox]').filter((each) => each instanceof HTMLInputElement)
  // Agents come last: one is shown for what its findings say as well.
  const elements = [...all('[data-item]:not([data-item=agent])'), ...all('[data-item=agent]')]
  const items = elements.map((element) => ({
    element,
    kind: element.dataset.item ?? '',
    name: (element.dataset.agent ?? '').toLowerCase(),
    state: element.dataset.state ?? '',
    profile: element.dataset.profile ?? '',
    severities: (element.dataset.severity ?? '').split(' '),
    text: '',
  }))
  const groups = all('[data-group]')
  const notes = all('[data-empty]')

  /** What can be searched of an item: of an agent its names and rules, of anything else all its text. */
  const textOf = (/** @type {typeof items[number]} */ item) => {
    if (item.text === '') {
      const shown = item.kind === 'agent' ? item.element.firstElementChild : item.element
      item.text = `${shown?.textContent ?? ''} ${item.element.dataset.words ?? ''}`.toLowerCase()
    }
    return item.text
  }

  const chosen = (/** @type {string} */ name) =>
    chips.filter((chip) => chip.name === name && chip.checked).map((chip) => chip.value)

  const show = () => {
    const wanted = search.value.trim().toLowerCase()
    const exact = /^"(.+)"$/s.exec(wanted)?.[1]
    const states = chosen('state')
    const severities = chosen('severity')
    const profile = profiles.value
    /** @type {Record<string, {shown: number, total: number}>} */
    const tally = {}
    /** @type {Set<string>} */
    const found = new Set()
    for (const item of items) {
      const passes =
        (states.length === 0 || states.includes(item.state)) &&
        (severities.length === 0 ||
          item.kind === 'unjudged' ||
          severities.some((severity) => item.severities.includes(severity))) &&
        (profile === '' || item.profile === profile) &&
        (wanted === '' ||
          (exact === undefined
            ? textOf(item).includes(wanted) || (item.kind === 'agent' && found.has(item.name))
            : item.name === exact))
      if (passes && item.kind === 'finding') found.add(item.name)
      if (item.element.hidden === passes) item.element.hidden = !passes
      const kind = (tally[item.kind] ??= {shown: 0, total: 0})
      kind.total++
      if (passes) kind.shown++
    }
    for (const group of groups) group.hidden = !group.querySelector('[data-item]:not([hidden])')
    for (const note of notes) {
      const kind = tally[note.dataset.empty ?? '']
      note.hidden = !kind || kind.shown > 0
    }
    const part = (/** @type {string} */ kind, /** @type {string} */ word) => {
      const {shown, total} = tally[kind] ?? {shown: 0, total: 0}
      return `${shown === total ? total : `${shown} of ${total}`} ${word}${total === 1 ? '' : 's'}`
    }
    count.textContent = `${part('agent', 'agent')}, ${part('finding', 'finding')}`
    root.classList.toggle('filtered', wanted !== '' || profile !== '' || states.length > 0 || severities.length > 0)
  }

  /** The filters as an address, so that a link shows what its sender saw. */
  const remember = () => {
    const query = new URLSearchParams()
    if (search.value !== '') query.set('q', search.value)
    if (profiles.value !== '') query.set('profile', profiles.value)
    for (const name of ['state', 'severity']) {
      if (chosen(name).length > 0) query.set(name, chosen(name).join(','))
    }
    history.replaceState(null, '', query.size > 0 ? `#${query}` : location.pathname + location.search)
  }

  const recall = () => {
    const query = new URLSearchParams(location.hash.slice(1))
    search.value = query.get('q') ?? ''
    profiles.value = query.get('profile') ?? ''
    if (profiles.selectedIndex < 0) profiles.value = ''
    for (const chip of chips) chip.checked = (query.get(chip.name) ?? '').split(',').includes(chip.value)
  }

  const apply = () => {
    show()
    remember()
  }

  if (location.hash.includes('=')) recall()
  show()
  form.addEventListener('input', apply)
  form.addEventListener('submit', (event) => event.preventDefault())
  form.addEventListener('reset', (event) => {
    event.preventDefault()
    search.value = ''
    profiles.value = ''
    for (const chip of chips) chip.checked = false
    apply()
    // The button hides with the last filter, and must not take the focus along.
    search.focus()
  })
  addEventListener('hashchange', () => {
    if (location.hash.includes('=')) {
      recall()
      show()
    } else if (root.classList.contains('filtered')) remember()
  })

  /** Puts text on the clipboard; where the browser offers no clipboard (a page from plain http), the old way. */
  const copy = async (/** @type {string} */ text) => {
    try {
      await navigator.clipboard.writeText(text)
      return true
    } catch {
      const area = document.createElement('textarea')
      area.value = text
      area.className = 'unseen'
      document.body.append(area)
      const focused = document.activeElement
      area.select()
      const copied = document.execCommand('copy')
      area.remove()
      if (focused instanceof HTMLElement) focused.focus()
      return copied
    }
  }

  const copyFrom = async (/** @type {HTMLElement} */ button, /** @type {HTMLElement[]} */ sources) => {
    const lines = [...new Set(sources.map((source) => source.textContent ?? ''))]
    const copied = await copy(lines.join('\n'))
    const [source] = sources
    if (!copied && source) getSelection()?.selectAllChildren(source)
    const outcome = copied ? 'Copied' : 'Select and copy'
    said.textContent = copied
      ? `Copied ${lines.length === 1 ? 'the fix' : `${lines.length} fixes`}.`
      : 'The browser refused to copy. The fix is selected: copy it with the keyboard.'
    const before = (button.dataset.label ??= button.textContent ?? '')
    button.textContent = outcome
    button.classList.toggle('done', copied)
    setTimeout(() => {
      button.textContent = before
      button.classList.remove('done')
    }, 2000)
  }

  document.addEventListener('click', (event) => {
    const target = event.target instanceof Element ? event.target : undefined
    const button = target?.closest('[data-copy], [data-copy-all]')
    if (button instanceof HTMLElement) {
      const within = 'copyAll' in button.dataset ? button.closest('.rule') : button.parentElement
      void copyFrom(button, all('li:not([hidden]) .fix code, :scope > code', within ?? button))
      return
    }
    const only = target?.closest('[data-only]')
    if (only instanceof HTMLElement) {
      event.preventDefault()
      search.value = `"${only.dataset.only}"`
      apply()
      const heading = one('#findings-h', HTMLElement)
      heading.scrollIntoView()
      heading.focus({preventScroll: true})
    }
  })

  const theme = one('#theme', HTMLElement)
  const system = matchMedia('(prefers-color-scheme: dark)')
  const isDark = () => (root.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark'
  const label = () => {
    theme.textContent = isDark() ? 'Light' : 'Dark'
    theme.setAttribute('aria-label', isDark() ? 'Switch to light' : 'Switch to dark')
  }
  try {
    const kept = localStorage.getItem('patrol-theme')
    if (kept === 'dark' || kept === 'light') root.dataset.theme = kept
  } catch {
    // A browser may forbid storage to a page from disk; then the choice lasts as long as the page.
  }
  label()
  system.addEventListener('change', label)
  theme.addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark'
    label()
    try {
      localStorage.setItem('patrol-theme', root.dataset.theme)
    } catch {
      // As above.
    }
  })
}
