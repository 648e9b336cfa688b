/**
 * Which sections there are, and who may see them. Pure.
 *
 * @typedef {'viewer' | 'operator' | 'administrator'} Role
 * @typedef {{name: string, label: string, role: Role, login?: boolean}} SectionInfo
 *   `role`: needed to see it; `login`: it is about the account of who looks
 */
import { t } from '../../text.js';

/** @type {Role[]} */
const ROLES = ['viewer', 'operator', 'administrator'];

/** What roles are called. @type {Record<Role, string>} */
export const ROLE_NAMES = { viewer: t('Viewer'), operator: t('Operator'), administrator: t('Administrator') };

/** @type {readonly SectionInfo[]} */
export const SECTIONS = Object.freeze([
  { name: 'account', label: t('My account'), role: 'viewer', login: true },
  { name: 'users', label: t('Users'), role: 'administrator' },
  { name: 'id-tokens', label: t('Id tokens'), role: 'viewer' },
  { name: 'groups', label: t('Groups'), role: 'viewer' },
  { name: 'tariffs', label: t('Tariffs'), role: 'viewer' },
  { name: 'contracts', label: t('Contracts of vehicles'), role: 'viewer' },
  { name: 'enrolment', label: t('Enrolment'), role: 'administrator' },
  { name: 'webhooks', label: t('Webhooks'), role: 'administrator' },
  { name: 'retention', label: t('Retention'), role: 'viewer' },
  { name: 'audit', label: t('Audit log'), role: 'administrator' },
  { name: 'about', label: t('About'), role: 'viewer' },
]);

/** @param {string} part of the address; none: the first */
export const sectionOf = (part) => SECTIONS.find(({ name }) => name === (part || SECTIONS[0].name)) ?? null;

/**
 * @param {{role: Role}} user
 * @param {Role} role
 */
export const may = (user, role) => ROLES.indexOf(user.role) >= ROLES.indexOf(role);

/**
 * @param {SectionInfo} section
 * @param {{name: string | null, role: Role}} user
 * @returns {string} why somebody may not see it, in words; '' when they may
 */
export function whyNot({ role, login }, user) {
  if (user.name === null && (login || role !== 'viewer')) return t('You are a visitor of this server: log in to see this.');
  return may(user, role) ? '' : t('This is for administrators. Your role is: {role}.', { role: ROLE_NAMES[user.role] });
}
