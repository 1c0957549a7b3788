import { describe, expect, it } from 'vitest'
import { createUploadHabits } from './upload-rules.ts'

describe('createUploadHabits', () => {
  it('remembers what was learnt of a registry, but not of thousands', () => {
    const habitsOf = createUploadHabits()
    habitsOf('0.example').prefersChunks = true
    for (let at = 0; at < 1000; at++) habitsOf(`${at}.example`)
    expect(habitsOf('0.example').prefersChunks).toBe(true)
    habitsOf('1000.example')
    expect(habitsOf('0.example').prefersChunks).toBe(false)
  })
})
