// A template while it is drawn, from and to the interface's `json_model`.
import type { TemplateDraft } from '../api/templates'
import type { JsonModel } from '../api/wire'
import { i18n } from '../i18n'
import { formatNumber } from './format'
import { isKind, kindOf, KINDS, regionName, type Kind } from './regions'

export interface Rect {
  x: number
  y: number
  width: number
  height: number
}

export interface Area extends Rect {
  /** Within this page. */
  id: number
  kind: Kind | 'own'
  /** Kept when the area changes. */
  key: string
  name: string
  keywords: string
  removeLine: boolean
  removeStamp: boolean
  /** What it holds is a proposal so far: by the print beside it, or the next in order; empty once a person has looked or chosen. */
  proposed: '' | 'print' | 'order'
  /** From other clients, unknown to these pages. */
  rest: Record<string, unknown>
}

export interface Draft {
  label: string
  quota: string
  areas: Area[]
  rest: Record<string, unknown>
}

/** Less than so many pixels, wide or high, holds no print. */
export const SLIVER = 8

export function isSliver({ width, height }: Rect): boolean {
  return Math.min(width, height) < SLIVER
}

const SETTING = 'global_setting'
const LABEL_MAX = 64

let lastId = 0

export function newArea(rect: Rect, kind: Area['kind']): Area {
  return { ...rect, id: ++lastId, kind, key: '', name: '', keywords: '', removeLine: false, removeStamp: false, proposed: '', rest: {} }
}

export function emptyDraft(): Draft {
  return { label: '', quota: '', areas: [], rest: {} }
}

type Fields = Record<string, unknown>

function asFields(value: unknown): Fields {
  return value !== null && typeof value === 'object' ? (value as Fields) : {}
}

function isOn(flag: unknown): boolean {
  return flag === true || Number(flag) === 1
}

function readArea(key: string, fields: Fields): Area {
  const { x, y, width, height, keywords, remove_line, remove_stamp, name, ...rest } = fields
  return {
    ...newArea({ x: Number(x), y: Number(y), width: Number(width), height: Number(height) }, isKind(key) ? key : 'own'),
    key: isKind(key) ? '' : key,
    name: typeof name === 'string' ? name : isKind(key) ? '' : key,
    keywords: Array.isArray(keywords) ? keywords.join(',') : typeof keywords === 'string' ? keywords : '',
    removeLine: isOn(remove_line),
    removeStamp: isOn(remove_stamp),
    rest,
  }
}

/** Leaves out what is unreadable. */
export function readDraft(model: unknown): Draft {
  let parsed: unknown = model
  if (typeof model === 'string') {
    try {
      parsed = JSON.parse(model)
    } catch {
      return emptyDraft()
    }
  }
  const { [SETTING]: setting, ...areas } = asFields(parsed)
  const { label, quota, ...rest } = asFields(setting)
  return {
    label: typeof label === 'string' ? label : '',
    quota: Number(quota) > 0 ? String(quota) : '',
    areas: Object.entries(areas).flatMap(([key, value]) => {
      const area = readArea(key, asFields(value))
      return Number.isFinite(area.x + area.y + area.width + area.height) ? [area] : []
    }),
    rest,
  }
}

/** What an area is called in results. */
export function posIdOf(area: Area): string {
  return area.kind === 'own' ? area.name.trim() : KINDS[area.kind]
}

export function named(posId: string): Pick<Area, 'kind' | 'name'> {
  const kind = kindOf(posId)
  return kind ? { kind, name: '' } : { kind: 'own', name: posId }
}

/** The first kind in order that is not taken. */
export function nextKind(taken: ReadonlySet<string>): Pick<Area, 'kind' | 'name'> {
  return named(Object.values(KINDS).find((posId) => !taken.has(posId)) ?? '')
}

/** As the box proposes it. */
export function proposedDraft({ label, areas }: Pick<TemplateDraft, 'label' | 'areas'>): Draft {
  const wide = areas.filter((area) => !isSliver(area))
  return {
    ...emptyDraft(),
    label,
    areas: wide.map(({ pos_id, x, y, width, height }) => ({ ...newArea({ x, y, width, height }, 'own'), ...named(pos_id), proposed: 'print' })),
  }
}

function freeKey(taken: Fields): string {
  let n = 1
  while (`area_${n}` in taken) n += 1
  return `area_${n}`
}

export function writeDraft(draft: Draft): JsonModel {
  const model: Fields = {
    [SETTING]: { ...draft.rest, label: draft.label.trim(), quota: draft.quota.trim() ? Number(draft.quota) : 0 },
  }
  // A new own area might take an existing key.
  for (const area of [...draft.areas].sort((a, b) => Number(b.key !== '') - Number(a.key !== ''))) {
    const key = area.kind === 'own' ? area.key || freeKey(model) : area.kind
    model[key] = {
      ...area.rest,
      x: area.x,
      y: area.y,
      width: area.width,
      height: area.height,
      ...(area.keywords.trim() ? { keywords: area.keywords.trim().replace(/[，、;；]/g, ',') } : {}),
      remove_line: area.removeLine ? 1 : 0,
      remove_stamp: area.removeStamp ? 1 : 0,
      ...(area.kind === 'own' ? { name: area.name.trim() } : {}),
    }
  }
  return model as JsonModel
}

export function areaName(area: Area): string {
  const { t } = i18n.global
  return regionName(posIdOf(area)) || t('region.own')
}

/** Empty if it can be saved. */
export function problemOf(draft: Draft): string {
  const { t } = i18n.global
  const label = draft.label.trim()
  if (!label) return t('editor.noLabel')
  if ([...label].length > LABEL_MAX) return t('editor.labelLong')
  if (draft.quota.trim() && !(Number(draft.quota) > 0)) return t('editor.badQuota')
  if (!draft.areas.length && !draft.quota.trim()) return t('editor.noAreas')
  const names = new Set<string>()
  for (const area of draft.areas) {
    const name = posIdOf(area)
    if (!name) return t('editor.noOwnName')
    if (names.has(name)) return t('editor.sameName', { name: areaName(area) })
    names.add(name)
    if (isSliver(area)) return t('editor.sliver', { name: areaName(area), n: SLIVER })
  }
  return ''
}

export function quotaText(draft: Draft): string {
  return draft.quota ? i18n.global.t('templates.quota', { amount: formatNumber(Number(draft.quota)) }) : ''
}

/** Whole pixels, inside the picture, never empty. */
export function fitRect(rect: Rect, picture: { width: number; height: number }): Rect {
  const width = Math.min(Math.max(1, Math.round(rect.width)), picture.width)
  const height = Math.min(Math.max(1, Math.round(rect.height)), picture.height)
  return {
    x: Math.min(Math.max(0, Math.round(rect.x)), picture.width - width),
    y: Math.min(Math.max(0, Math.round(rect.y)), picture.height - height),
    width,
    height,
  }
}
