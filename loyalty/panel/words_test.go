package panel_test

import (
	"testing"

	"github.com/loyalsync/loyalsync/loyalty/web/webtest"
)

// Every key is used, and every key that is used is there.
func TestWordsAreUsed(t *testing.T) { webtest.CheckWords(t, ".") }
