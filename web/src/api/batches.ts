// Batches of the line, and labels that a person has scanned.
import { at, call, get, post } from './http'
import type { Batch, BatchStanding, Post } from './wire'

export type { Batch, BatchStanding }
export type BatchSettings = Post['/api/batches']['takes']

const ONE = '/api/batches/{id}'

/** Newest first. */
export async function listBatches(): Promise<Batch[]> {
  return (await get('/api/batches')).batches
}

export function readBatch(id: number): Promise<BatchStanding> {
  return get(at(ONE, id))
}

export function addBatch(settings: BatchSettings): Promise<Batch> {
  return post('/api/batches', settings)
}

export async function changeBatch(id: number, settings: BatchSettings): Promise<Batch> {
  return (await call('PATCH', at(ONE, id), { json: settings })).body
}

export async function deleteBatch(id: number): Promise<void> {
  await call('DELETE', at(ONE, id))
}

/** 409 where the label says another CPUID than the device has. */
export async function labelVerified(serial: string, cpuid: string): Promise<void> {
  await post('/api/labels/verified', { DeviceSN: serial, CPUID: cpuid })
}
