/** Loaded with `--import` before a program: writes to the file named in `PEAK` how many bytes of memory it had at most. */
import {writeFileSync} from 'node:fs'

process.on('exit', () => {
  const file = process.env['PEAK']
  if (file !== undefined) writeFileSync(file, String(process.resourceUsage().maxRSS * 1024))
})
