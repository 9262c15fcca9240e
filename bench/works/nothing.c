/* SPDX-License-Identifier: Apache-2.0 */
/* A program that ends at once; BALLAST bytes make it large. */
#ifdef BALLAST
const char ballast[BALLAST] __attribute__((used)) = { 1 };
#endif

int main(void)
{
	return 0;
}
