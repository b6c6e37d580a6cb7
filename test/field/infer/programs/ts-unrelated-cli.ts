import {readFile} from 'node:fs/promises'
import {parseArgs} from 'node:util'

const {positionals} = parseArgs({allowPositionals: true})
for (const file of positionals) {
  const text = await readFile(file, 'utf8')
  console.log(file, text.split('\n').length)
}
