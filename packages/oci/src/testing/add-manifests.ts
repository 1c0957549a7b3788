// Run as a process of its own: adds tagged images to a layout. Arguments: folder, prefix of the tags, how many.
import process from 'node:process'
import { openLayout } from '../layout/open-layout.ts'
import { pushImage, sampleImage } from './sample-image.ts'

const [folder = '', prefix = '', count = ''] = process.argv.slice(2)
const layout = await openLayout(folder, { create: true })
for (let at = 0; at < Number(count); at++) await pushImage(layout, sampleImage([at]), `${prefix}${at}`)
