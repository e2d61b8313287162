// Users, groups, companies and their rights over HTTP.
import { call, get, post } from './http'

export interface GroupName {
  group_id: number
  group_name: string
}

export interface UserRight {
  permission_id: number
  permission_name: string
  /** His own, whatever his group gives him. */
  isPrivate: 0 | 1
  origin_groups: GroupName[]
}

export interface Member {
  user_id: number
  user_name: string
  company_id: number
  company_name: string
  user_register_time: string
  locked: boolean
  groups: GroupName[]
  permissions: UserRight[]
}

export interface Group extends GroupName {
  company_id: number
  company_name: string
  group_register_time: string
  permissions: { permission_id: number; permission_name: string }[]
}

export interface Company {
  company_id: number
  company_name: string
}

export async function listUsers(): Promise<Member[]> {
  return (await get<{ users: Member[] }>('/api/users')).users
}

export interface NewUser {
  user_name: string
  passwd: string
  company_id?: number
  group_id?: number
  permissions: number[]
}

export async function addUser(user: NewUser): Promise<void> {
  await post('/api/users', user)
}

export interface UserChange {
  locked?: boolean
  user_name?: string
  company_id?: number
  /** 0: no group. */
  group_id?: number
  /** All of his own. */
  permissions?: number[]
}

export async function changeUser(id: number, json: UserChange): Promise<void> {
  await call('PATCH', `/api/users/${id}`, { json })
}

export async function deleteUser(id: number): Promise<void> {
  await call('DELETE', `/api/users/${id}`)
}

export async function resetPassword(id: number, passwd: string): Promise<void> {
  await post(`/api/users/${id}/password`, { passwd })
}

export async function listGroups(): Promise<Group[]> {
  return (await get<{ groups: Group[] }>('/api/groups')).groups
}

export async function addGroup(group: { group_name: string; company_id?: number; permissions: number[] }): Promise<void> {
  await post('/api/groups', group)
}

export async function changeGroup(id: number, json: { group_name?: string; permissions?: number[] }): Promise<void> {
  await call('PATCH', `/api/groups/${id}`, { json })
}

export async function deleteGroup(id: number): Promise<void> {
  await call('DELETE', `/api/groups/${id}`)
}

export async function listCompanies(): Promise<Company[]> {
  return (await get<{ companies: Company[] }>('/api/companies')).companies
}

export async function addCompany(company_name: string): Promise<void> {
  await post('/api/companies', { company_name })
}

export async function renameCompany(id: number, company_name: string): Promise<void> {
  await call('PATCH', `/api/companies/${id}`, { json: { company_name } })
}

export async function deleteCompany(id: number): Promise<void> {
  await call('DELETE', `/api/companies/${id}`)
}
