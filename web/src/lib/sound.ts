// Two tones for a noisy hall: short and high for good, long and low for bad.
import { readSetting } from './storage'

export const SOUND = 'verify.sound'

export function scanTone(good: boolean): void {
  if (readSetting(SOUND, true)) tone(good)
}

let context: AudioContext | null = null

export function tone(good: boolean): void {
  try {
    context ??= new AudioContext()
    void context.resume()
    const [frequency, seconds] = good ? [1318, 0.12] : [196, 0.6]
    const [oscillator, volume] = [context.createOscillator(), context.createGain()]
    oscillator.type = good ? 'sine' : 'square'
    oscillator.frequency.value = frequency
    volume.gain.setValueAtTime(0.25, context.currentTime)
    volume.gain.exponentialRampToValueAtTime(0.001, context.currentTime + seconds)
    oscillator.connect(volume).connect(context.destination)
    oscillator.start()
    oscillator.stop(context.currentTime + seconds)
  } catch {
    // No sound here; the colour says it too.
  }
}
