#!/usr/bin/env node
// Builds the real images that our suites promote: node test/images/build.mjs [name...]
// Prints one line for each, `name TAB layout directory TAB tag`; what the cache has costs nothing.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const builder = fileURLToPath(new URL('builder/build.py', import.meta.url))
const { status, error } = spawnSync('python3', [builder, ...process.argv.slice(2)], { stdio: 'inherit' })
if (error) throw error
process.exit(status ?? 1)
