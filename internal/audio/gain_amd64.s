#include "textflag.h"

DATA oneToEight<>+0(SB)/8, $0x0000000200000001
DATA oneToEight<>+8(SB)/8, $0x0000000400000003
DATA oneToEight<>+16(SB)/8, $0x0000000600000005
DATA oneToEight<>+24(SB)/8, $0x0000000800000007
GLOBL oneToEight<>(SB), RODATA|NOPTR, $32

// func gainVector(frame *int16, at, step uint32, blocks int)
TEXT ·gainVector(SB), NOSPLIT, $0-24
	MOVQ         frame+0(FP), DX
	MOVQ         blocks+16(FP), CX
	MOVL         at+8(FP), AX
	MOVL         step+12(FP), BX
	VMOVD        AX, X4
	VMOVD        BX, X5
	VPBROADCASTD X4, Y4
	VPBROADCASTD X5, Y5
	VPMULLD      oneToEight<>(SB), Y5, Y6
	VPADDD       Y6, Y4, Y4 // the gains of eight samples
	VPSLLD       $3, Y5, Y5 // and by how much those of the next eight are more

block:
	VPMOVSXWD    (DX), Y0
	VPSRLD       $17, Y4, Y1  // a gain is a word, the one above it 0:
	VPMADDWD     Y1, Y0, Y0   // its product is all that is added
	VPSRAD       $13, Y0, Y0  // sampleBits
	VEXTRACTI128 $1, Y0, X1
	VPACKSSDW    X1, X0, X0
	VMOVDQU      X0, (DX)
	VPADDD       Y5, Y4, Y4
	ADDQ         $16, DX
	DECQ         CX
	JNZ          block

	VZEROUPPER
	RET
