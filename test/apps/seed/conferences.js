const accessCodes = {
  123: 'conference 1',
  456: 'conference 2',
};

export default function conferences(code) {
  return accessCodes[code];
}
