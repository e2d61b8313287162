// English: logging in and passwords.
import type words from '../zh-CN/login'

export default {
  login: {
    subtitle: 'Device labels and invoice reading',
    name: 'User name',
    password: 'Password',
    submit: 'Log in',
    capsLock: 'Caps Lock is on',
    fillBoth: 'Enter your user name and password.',
    userError: 'There is no user of this name.',
    passwdError: 'Wrong password. Please try again.',
    locked: 'Too many wrong passwords. Try again in {seconds} s.',
    lockedShort: 'Too many wrong passwords. Try again a little later.',
    lockedByManager: 'This account was locked by an administrator. Please ask them.',
    unlocked: 'You can try again now.',
    goSecure: 'Log in over an encrypted connection (HTTPS)',
  },
  password: {
    change: 'Change password',
    changeNow: 'Change it now',
    must: 'Your password was set by a manager. Please choose one that only you know.',
    old: 'Current password',
    new: 'New password',
    again: 'New password again',
    noOld: 'Enter the current password.',
    missing: 'Enter a password.',
    differ: 'The two new passwords differ.',
    same: 'The new password must differ from the current one.',
    short: 'The password must have at least 8 characters.',
    done: 'Password changed. You are logged out on all other devices.',
  },
} satisfies typeof words
