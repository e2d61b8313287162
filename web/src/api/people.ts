// Users, groups, companies and their permissions.
import { at, call, get, post } from './http'
import type { Company, Group, Patch, Post, User } from './wire'

export type { Company, Group, GroupName, Permission as UserRight, User as Member } from './wire'

type NewUser = Post['/api/users']['takes']
type UserChange = Patch['/api/users/{id}']['takes']

export async function listUsers(): Promise<User[]> {
  return (await get('/api/users')).users
}

export async function addUser(user: NewUser): Promise<void> {
  await post('/api/users', user)
}

export async function changeUser(id: number, json: UserChange): Promise<void> {
  await call('PATCH', at('/api/users/{id}', id), { json })
}

export async function deleteUser(id: number): Promise<void> {
  await call('DELETE', at('/api/users/{id}', id))
}

export async function resetPassword(id: number, passwd: string): Promise<void> {
  await post(at('/api/users/{id}/password', id), { passwd })
}

export async function listGroups(): Promise<Group[]> {
  return (await get('/api/groups')).groups
}

export async function addGroup(group: Post['/api/groups']['takes']): Promise<void> {
  await post('/api/groups', group)
}

export async function changeGroup(id: number, json: Patch['/api/groups/{id}']['takes']): Promise<void> {
  await call('PATCH', at('/api/groups/{id}', id), { json })
}

export async function deleteGroup(id: number): Promise<void> {
  await call('DELETE', at('/api/groups/{id}', id))
}

export async function listCompanies(): Promise<Company[]> {
  return (await get('/api/companies')).companies
}

export async function addCompany(company_name: string): Promise<void> {
  await post('/api/companies', { company_name })
}

export async function renameCompany(id: number, company_name: string): Promise<void> {
  await call('PATCH', at('/api/companies/{id}', id), { json: { company_name } })
}

export async function deleteCompany(id: number): Promise<void> {
  await call('DELETE', at('/api/companies/{id}', id))
}
